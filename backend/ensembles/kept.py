"""Saved ensembles: kept in the study database, carried to others as JSON files.

What is kept is the recipe, the labelled architectures and the figures, never a pickled model: the fit is made again
from them, the same to the last bit under the same versions of the libraries, and a file from a stranger runs no code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from backend.ensembles.fitting import Ensemble
from backend.ensembles.models import MODELS
from backend.errors import UserError
from backend.spaces import registry
from backend.storage.database import Database
from backend.storage.schema import ensembles
from backend.studies.catalog import check_name

_FORMAT = 1
_LARGEST_FILE = 64 * 2**20


@dataclass(frozen=True)
class SavedEnsemble:
    """An ensemble with its name and what is known of it.

    Attributes:
        name: unique in a database.
        study: name of the study whose architectures it was fitted on.
        dataset: of the accuracies.
        target: such as ``200:test-accuracy``.
        created: when (UTC).
        figures: figures by where they were taken, such as "the study"; None for a figure that is not defined.
        ensemble: the fit.
        scores: one sentence that says which images the proxies were computed on; "" where it is not recorded.
    """

    name: str
    study: str
    dataset: str
    target: str
    created: datetime
    figures: dict[str, dict[str, float | None]]
    ensemble: Ensemble
    scores: str = ""

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON types."""
        return {
            "proxyscope_ensemble": _FORMAT,
            "name": self.name,
            "study": self.study,
            "dataset": self.dataset,
            "target": self.target,
            "created": self.created.isoformat(),
            "scores": self.scores,
            "figures": self.figures,
            "scikit-learn": version("scikit-learn"),
            "weights": self.ensemble.weights,
            "intercept": self.ensemble.intercept,
            **self.ensemble.to_mapping(),
        }

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """What :meth:`to_json` described; the ensemble is fitted again.

        Raises:
            UserError: it is no description of an ensemble, or one of a newer format.
        """
        if not isinstance(content, dict) or content.get("proxyscope_ensemble") != _FORMAT:
            raise UserError(f'not a saved ensemble of format {_FORMAT}: no such "proxyscope_ensemble" in it')
        try:
            texts = {key: str(content[key]) for key in ("name", "study", "dataset", "target")}
            created = datetime.fromisoformat(content["created"])
            scores = str(content.get("scores", ""))
            figures = {
                str(where): {str(name): None if value is None else float(value) for name, value in found.items()}
                for where, found in content["figures"].items()
            }
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"not a saved ensemble: {type(error).__name__}: {error}") from None
        check_name(texts["name"])
        return cls(**texts, created=created, figures=figures, ensemble=Ensemble.of_mapping(content), scores=scores)


def not_usable(content: Any) -> str:
    """Why this installation cannot use what another has saved; "" where nothing says so before it is fitted.

    Args:
        content: as :meth:`SavedEnsemble.to_json` gives it, or anything else.
    """
    kind = content.get("proxyscope_ensemble") if isinstance(content, dict) else None
    if isinstance(kind, int) and kind > _FORMAT:
        return f"it is of format {kind}, and this installation reads up to {_FORMAT}"
    if kind == _FORMAT and registry.find(str(content.get("space", registry.DEFAULT))) is None:
        return f"its search space {str(content['space'])[:50]!r} is not installed here"
    name = content.get("model") if kind == _FORMAT else None
    return f"its model {name[:50]!r} is not known here" if isinstance(name, str) and name not in MODELS else ""


def save_ensemble(database: Database, saved: SavedEnsemble) -> None:
    """Keep an ensemble.

    Raises:
        UserError: the name is malformed or taken.
    """
    check_name(saved.name)
    row = {
        "name": saved.name,
        "study": saved.study,
        "created": saved.created.astimezone(UTC).replace(tzinfo=None),
        "content": json.dumps(saved.to_json(), allow_nan=False),
    }
    try:
        with database.begin() as connection:
            connection.execute(insert(ensembles).values(row))
    except IntegrityError:
        raise UserError(f"ensemble: the name {saved.name!r} is taken; give another") from None


def load_ensemble(database: Database, name: str) -> SavedEnsemble:
    """A saved ensemble by its name.

    Raises:
        UserError: there is none of that name; the message lists some that there are.
    """
    with database.engine.connect() as connection:
        content = connection.scalar(select(ensembles.c.content).where(ensembles.c.name == name))
        names = connection.scalars(select(ensembles.c.name).order_by(ensembles.c.name)).all()
    if content is None:
        there = f"there are: {', '.join(names[:10])}" if names else "none is saved yet"
        raise UserError(f"ensemble: no ensemble {name!r}; {there}")
    return SavedEnsemble.from_json(json.loads(content))


def list_ensembles(database: Database, study: str | None = None) -> list[SavedEnsemble]:
    """The saved ensembles that this installation can use, the newest first.

    Args:
        database: where they are kept.
        study: of that study alone; None takes all.
    """
    query = select(ensembles.c.content).order_by(ensembles.c.created.desc(), ensembles.c.id.desc())
    if study is not None:
        query = query.where(ensembles.c.study == study)
    with database.engine.connect() as connection:
        contents = connection.scalars(query).all()
    described = [json.loads(content) for content in contents]
    return [SavedEnsemble.from_json(content) for content in described if not not_usable(content)]


def ensembles_state(database: Database) -> tuple[int, int]:
    """How many are saved, and the newest one's number: what changes when one is saved or deleted."""
    with database.engine.connect() as connection:
        count, newest = connection.execute(select(func.count(), func.max(ensembles.c.id))).one()
    return int(count), int(newest or 0)


def delete_ensemble(database: Database, name: str) -> None:
    """Forget a saved ensemble.

    Raises:
        UserError: there is none of that name.
    """
    load_ensemble(database, name)
    with database.begin() as connection:
        if connection.execute(delete(ensembles).where(ensembles.c.name == name)).rowcount != 1:
            raise UserError(f"ensemble: no ensemble {name!r} any more; it was deleted at this moment")


def read_ensemble(path: Path) -> SavedEnsemble:
    """An ensemble from a JSON file.

    Raises:
        UserError: the file cannot be read or holds none; the message names it.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UserError(f"{path}: larger than {_LARGEST_FILE // 2**20} MiB, no saved ensemble")
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise UserError(f"{path}: not a saved ensemble: no JSON") from None
    try:
        return SavedEnsemble.from_json(content)
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
