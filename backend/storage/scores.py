"""Rows of the score store, which stands beside the studies and goes with them when they are shared."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Double, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite

from backend.storage.schema import scores

FIRST_SPACE: Final = ("nas_bench_201", 1)
"""The only search space, and its version, of which version 0.1.0 kept scores."""

cell_scores = Table(
    scores.name,
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("setting", String(64), nullable=False),
    Column("cell_class", Integer, nullable=False),
    Column("proxy", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", Double, nullable=False),
)
"""The store as version 0.1.0 has it, in a database or file that is read as it is."""


def from_cell_score(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of :data:`cell_scores` as one of the store of today."""
    space, version = FIRST_SPACE
    kept = {key: value for key, value in row.items() if key != "cell_class"}
    return kept | {"space": space, "space_version": version, "class_key": str(row["cell_class"])}


def insert_new(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the store; scores that are there already stay."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(scores).on_conflict_do_nothing(), list(rows))
