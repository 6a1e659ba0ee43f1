"""Saved ensembles that go with a study: those fitted on its cells, and those that it was searched by."""

import json
from collections.abc import Callable, Mapping
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
) -> int:
    """Copy the saved ensembles of one study; those that are there already stay alone.

    Args:
        source: where they are.
        target: in a transaction.
        study: the study's name in the source.
        name: its name in the target.
        kept: what the study holds of the ensembles that it is searched by, by metric.
        words: what is done to texts.

    Returns:
        How many were copied.
    """
    searched_by = [str(content.get("name")) for content in kept.values()]
    rows = source.rows(ensembles, or_(ensembles.c.study == study, ensembles.c.name.in_(searched_by)))
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


def _essence(content: Mapping[str, Any]) -> str:
    """What makes it the same ensemble, whatever it and its study are called, and by which words its images."""
    names = {"name", "study", "scores"}
    return json.dumps({key: value for key, value in content.items() if key not in names}, sort_keys=True)
