"""The table of the score store, which stands beside the studies and goes with them when they are shared."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Double, Engine, Integer, MetaData, String, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql, sqlite

from backend.storage.schema import made_together

_metadata = MetaData()

scores = Table(
    "proxyscope_scores",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("setting", String(64), nullable=False),
    Column("cell_class", Integer, nullable=False),
    Column("proxy", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", Double, nullable=False),
    UniqueConstraint("setting", "cell_class", "proxy", "version", name="proxyscope_scores_key"),
)
"""``setting`` is a digest of all that a score depends on beside cell and proxy, ``cell_class`` the official index of
the class's representative."""


def make_table(engine: Engine) -> None:
    """Make the store's table where it is missing."""
    made_together(lambda: _metadata.create_all(engine))


def insert_new(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows of the store's table; scores that are there already stay."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(insert(scores).on_conflict_do_nothing(), list(rows))
