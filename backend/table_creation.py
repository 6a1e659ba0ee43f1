"""Makes tables that are missing, also where several processes open an empty database at the same moment."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine, MetaData, inspect
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateColumn

_ATTEMPTS = 5
_Made = TypeVar("_Made")


def made_together(make: Callable[[], _Made]) -> _Made:
    """Call what makes missing tables; again where another process has made one of them at the same moment."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return make()
        except SQLAlchemyError as error:
            if not any(words in str(error) for words in ("already exists", "duplicate column")):
                raise
    return make()


def missing_columns(engine: Engine, tables: MetaData) -> list[tuple[str, str]]:
    """The (table, column) that tables of an earlier version lack; tables that are not there are left out."""
    found = inspect(engine).get_multi_columns(filter_names=list(tables.tables))
    there = {name: {column["name"] for column in columns} for (_, name), columns in found.items()}
    return [
        (table.name, column.name)
        for table in tables.sorted_tables
        for column in table.columns
        if column.name not in there.get(table.name, {column.name})
    ]


def add_missing_columns(engine: Engine, tables: MetaData) -> None:
    """Add what tables of an earlier version lack; such columns may be empty, and are, in the rows that there are."""
    for table, column in missing_columns(engine, tables):
        definition = CreateColumn(tables.tables[table].columns[column]).compile(dialect=engine.dialect)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {definition}")
