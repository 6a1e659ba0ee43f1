"""What goes with a study: its stored scores and the saved ensembles fitted on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from backend.errors import UserError
from backend.sharing.source import TRIAL_USER, TRIALS, Source, parts
from backend.spaces import registry
from backend.storage.schema import ensembles, scores
from backend.storage.scores import cell_scores, from_cell_score, insert_new
from backend.storage.values import numbers_in, value_or_words
from backend.studies.catalog import fit_name, numbered_name
from backend.studies.trials import ARCH, ARCHITECTURE, SOFTWARE, SPACE


def copy_ensembles(
    source: Source,
    target: Connection,
    study: str,
    name: str,
    kept: Mapping[str, Mapping[str, Any]],
    words: Callable[[str], str],
    without: Container[str] = (),
) -> int:
    """Copy the saved ensembles of one study; those that are there already stay alone.

    Args:
        source: where they are.
        target: in a transaction.
        study: the study's name in the source.
        name: its name in the target.
        kept: what the study holds of the ensembles that it is searched by, by metric.
        words: what is done to texts.
        without: names in the source of those that stay behind.

    Returns:
        How many were copied.
    """
    searched_by = [str(content.get("name")) for content in kept.values()]
    found = source.rows(ensembles, or_(ensembles.c.study == study, ensembles.c.name.in_(searched_by)))
    rows = [row for row in found if row["name"] not in without]
    if not rows:
        return 0
    there = target.execute(select(ensembles.c.name, ensembles.c.content)).all()
    taken, known = {row.name for row in there}, {_essence(json.loads(row.content)) for row in there}
    copied = 0
    for row in rows:
        content = {key: words(value) if key == "scores" else value for key, value in json.loads(row["content"]).items()}
        if _essence(content) in known:
            continue
        own = name if row["study"] == study else row["study"]
        content |= {"name": numbered_name(fit_name(row["name"]), taken), "study": own}
        taken.add(content["name"])
        target.execute(
            insert(ensembles).values(
                name=content["name"],
                study=own,
                created=row["created"],
                content=json.dumps(content, allow_nan=False),
            )
        )
        copied += 1
    return copied


def left_out(source: Source) -> dict[str, str]:
    """Saved ensembles of a source that this installation cannot use: their names, and why."""
    # The models load scikit-learn.
    from backend.ensembles.kept import not_usable  # noqa: PLC0415

    found = ((row["name"], not_usable(json.loads(row["content"]))) for row in source.rows(ensembles))
    return {name: why for name, why in found if why}


def _essence(content: Mapping[str, Any]) -> str:
    """What makes it the same ensemble, whatever it and its study are called, and by which words its images."""
    names = {"name", "study", "scores"}
    return json.dumps({key: value for key, value in content.items() if key not in names}, sort_keys=True)


_ROWS = 1_000


def copy_scores(source: Source, target: Connection, study_id: int) -> int:
    """Copy the stored scores of a study's architectures; those that are there already stay.

    Args:
        source: where the study is.
        target: in a transaction.
        study_id: in the source.

    Returns:
        How many rows were copied or found.
    """
    recorded = _recorded(source, study_id)
    if not recorded:
        return 0
    stored = [row for row in _stored(source, sorted({key for _, key in recorded})) if _class_of(row) in recorded]
    settings = {
        row["setting"] for row in stored if recorded[_class_of(row)].get(row["proxy"], object()) == row["value"]
    }
    rows = [{key: value for key, value in row.items() if key != "id"} for row in stored if row["setting"] in settings]
    for begin in range(0, len(rows), _ROWS):
        insert_new(target, rows[begin : begin + _ROWS])
    return len(rows)


def _class_of(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["space"], row["class_key"]


def _stored(source: Source, class_keys: Sequence[str]) -> list[dict[str, Any]]:
    """Stored scores of classes of architectures; a source of version 0.1.0 names them by number."""
    if source.has(cell_scores, "cell_class"):
        numbers = [int(key) for key in class_keys if key.isdecimal()]
        return [from_cell_score(row) for row in source.rows_of(cell_scores, cell_scores.c.cell_class, numbers)]
    return list(source.rows_of(scores, scores.c.class_key, class_keys))


def _recorded(source: Source, study_id: int) -> dict[tuple[str, str], dict[str, Any]]:
    """Scores that the study's trials record, by space and class of their architecture."""
    trials = source.connection.scalars(select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id)).all()
    attributes: dict[int, dict[str, Any]] = {}
    for part in parts(trials):
        wanted = TRIAL_USER.c.trial_id.in_(part), TRIAL_USER.c.key.in_((SPACE, ARCHITECTURE, ARCH, SOFTWARE))
        for row in source.rows(TRIAL_USER, *wanted):
            attributes.setdefault(row["trial_id"], {})[row["key"]] = value_or_words(row["value_json"])
    recorded: dict[tuple[str, str], dict[str, Any]] = {}
    for found in attributes.values():
        # Trials of version 0.1.0 name no space, and their stored scores no size.
        name, key = found.get(SPACE, registry.DEFAULT), found.get(ARCHITECTURE, found.get(ARCH))
        if not isinstance(key, str) or not isinstance(name, str):
            continue
        space = registry.bundled(name)
        try:
            class_key = space.parse(key).class_key if space else key
        except UserError:
            continue  # an attribute of that name in an external study
        recorded.setdefault((name, class_key), {}).update(numbers_in(found.get(SOFTWARE)))
    return recorded
