"""Saved ensembles that go with a study: those fitted on its cells, and those that it was searched by."""

import json
from collections.abc import Callable, Container, Mapping
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from backend.studies.catalog import fit_name, numbered_name
from backend.studies.sharing.source import Source
from backend.studies.tables import ensembles


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
    from backend.studies.ensembles import not_usable  # noqa: PLC0415

    found = ((row["name"], not_usable(json.loads(row["content"]))) for row in source.rows(ensembles))
    return {name: why for name, why in found if why}


def _essence(content: Mapping[str, Any]) -> str:
    """What makes it the same ensemble, whatever it and its study are called, and by which words its images."""
    names = {"name", "study", "scores"}
    return json.dumps({key: value for key, value in content.items() if key not in names}, sort_keys=True)
