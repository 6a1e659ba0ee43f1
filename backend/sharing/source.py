"""What studies are copied from: a database as it is at one moment, also while searches write into it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, create_engine, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from backend.errors import StorageError
from backend.naming import sqlite_uri
from backend.storage.database import Database
from backend.storage.optuna_internals.declared_tables import OPTUNA
from backend.storage.optuna_internals.tables import times_as_text

_OPTUNA: Final[dict[str, Table]] = dict(OPTUNA.tables)

STUDIES: Final = _OPTUNA["studies"]
TRIALS: Final = _OPTUNA["trials"]
STUDY_DIRECTIONS: Final = _OPTUNA["study_directions"]
STUDY_USER: Final = _OPTUNA["study_user_attributes"]
STUDY_SYSTEM: Final = _OPTUNA["study_system_attributes"]
STUDY_PARTS: Final = (STUDY_DIRECTIONS, STUDY_USER, STUDY_SYSTEM)
"""Rows of a study."""
TRIAL_USER: Final = _OPTUNA["trial_user_attributes"]
TRIAL_PARTS: Final = (
    _OPTUNA["trial_params"],
    _OPTUNA["trial_values"],
    _OPTUNA["trial_intermediate_values"],
    TRIAL_USER,
    _OPTUNA["trial_system_attributes"],
)
"""Rows of a trial; its heartbeat is left out, as no process runs a copied trial."""
OPTUNA_TABLES: Final = (STUDIES, TRIALS, *STUDY_PARTS, *TRIAL_PARTS)


def own_id(table: Table) -> Column[int]:
    """The column that numbers a table's rows, anew in each database."""
    (column,) = table.primary_key.columns
    return column


_MANY = 500
"""Values to name in one query."""


class Source:
    """Reads rows of tables from one connection; tables and columns that are not there are left out.

    Args:
        connection: which sees one moment of a database.
        live: whether it is a database that searches may be writing into, not a file at rest.
    """

    def __init__(self, connection: Connection, *, live: bool) -> None:
        self.connection, self.live = connection, live
        self._tables = set(inspect(connection).get_table_names())
        self._columns = dict[str, set[str]]()

    def has(self, table: Table, column: str) -> bool:
        """Whether there is a table with a column."""
        return table.name in self._tables and column in self._columns_of(table)

    def rows(self, table: Table, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
        """The rows that meet all conditions, in the order of their ids."""
        if table.name not in self._tables:
            return []
        there = self._columns_of(table)
        columns = [column for column in table.columns if column.name in there]
        try:
            return self._select(columns, table, conditions)
        except (TypeError, ValueError):
            return self._select(times_as_text(columns), table, conditions)

    def _columns_of(self, table: Table) -> set[str]:
        if table.name not in self._columns:
            self._columns[table.name] = {found["name"] for found in inspect(self.connection).get_columns(table.name)}
        return self._columns[table.name]

    def _select(
        self, columns: Iterable[ColumnElement[Any]], table: Table, conditions: Iterable[ColumnElement[bool]]
    ) -> list[dict[str, Any]]:
        query = select(*columns).where(*conditions).order_by(own_id(table))
        return [dict(row) for row in self.connection.execute(query).mappings()]

    def rows_of(self, table: Table, column: ColumnElement[Any], values: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """The rows whose column has one of many values; a query for some of the values at a time."""
        for part in parts(values):
            yield from self.rows(table, column.in_(part))


def parts(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Many values, as many at a time as one query can name."""
    for begin in range(0, len(values), _MANY):
        yield values[begin : begin + _MANY]


@contextmanager
def snapshot(database: Database, folder: Path | None = None) -> Iterator[Source]:
    """A database at one moment; what is written meanwhile is neither seen nor held up.

    Args:
        database: SQLite, which is copied by its backup interface, or a server, which is read in one transaction.
        folder: with room for the copy of a SQLite database; None takes the system's for temporary files.

    Raises:
        StorageError: it cannot be read, or there is no room for the copy.
    """
    if database.engine.dialect.name != "sqlite":
        options: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with database.engine.connect().execution_options(**options) as connection:
            yield Source(connection, live=True)
        return
    with TemporaryDirectory(prefix=".proxyscope-", dir=folder) as temporary:
        copy = Path(temporary) / "snapshot.db"
        try:
            _back_up(database, copy)
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise StorageError(f"storage: cannot copy {database}: {error}") from None
        with (
            closing(sqlite3.connect(sqlite_uri(copy, mode="ro", immutable=1), uri=True)) as raw,
            connected(raw, live=True) as source,
        ):
            yield source


@contextmanager
def connected(raw: sqlite3.Connection, *, live: bool) -> Iterator[Source]:
    """A source on a connection of SQLite's own."""
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)
    with engine.connect() as connection:
        yield Source(connection, live=live)


def _back_up(database: Database, copy: Path) -> None:
    connection = database.engine.raw_connection()
    try:
        with closing(sqlite3.connect(copy)) as target:
            driver: Any = connection.driver_connection
            driver.backup(target)
    finally:
        connection.close()
