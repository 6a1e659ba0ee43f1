"""The values of a file: each of its column's type, and no larger than that holds.

SQLite keeps any value in any column. What each may hold is taken from the tables that they are read by.
"""

import sqlite3
from typing import Final

from sqlalchemy import Column, DateTime, Enum, Float, Integer, String, Table, Text

from backend.studies.sharing.inspection.connection import LONGEST_TEXT
from backend.studies.sharing.inspection.errors import BadFileError
from backend.studies.sharing.tables import OPTUNA_TABLES

_LARGEST_INTEGER: Final = 2**31 - 1
_LARGEST_FLOAT: Final = 1.7976931348623157e308
_LONGEST_MOMENT: Final = 40
_OPTIONAL: Final = {"datetime_start", "datetime_complete", "value", "intermediate_value"}
"""Columns of Optuna's that may be empty; its tables allow it of more, and its programs never do it."""


def check_values(connection: sqlite3.Connection, table: Table) -> None:
    """Check every value of a table.

    Raises:
        BadFileError: one is of another type than its column, or too large.
        sqlite3.Error: a text is not UTF-8.
    """
    there = {row[1] for row in connection.execute(f'PRAGMA table_xinfo("{table.name}")')}
    for column in table.columns:
        if column.name not in there:
            continue
        rule = f"({_rule(column)})"
        if _may_be_empty(table, column):
            rule = f'("{column.name}" IS NULL OR {rule})'
        # A rule on NULL is neither true nor false.
        query = f'SELECT 1 FROM "{table.name}" WHERE {rule} IS NOT TRUE LIMIT 1'
        if connection.execute(query).fetchone():
            raise BadFileError(f"a value of {table.name}.{column.name} is not {_words(column)}")
        if isinstance(column.type, String):
            # Only reading a text shows whether it is UTF-8; what reads it later has no words for it.
            for _ in connection.execute(f'SELECT "{column.name}" FROM "{table.name}"'):
                pass


def _may_be_empty(table: Table, column: "Column[object]") -> bool:
    return column.name in _OPTIONAL if table in OPTUNA_TABLES else bool(column.nullable)


def _rule(column: "Column[object]") -> str:
    """An SQL condition on a value."""
    name, kind = f'"{column.name}"', column.type
    if isinstance(kind, Integer):
        return f"typeof({name}) = 'integer' AND {name} BETWEEN -{_LARGEST_INTEGER} AND {_LARGEST_INTEGER}"
    if isinstance(kind, Float):
        return f"typeof({name}) IN ('real', 'integer') AND abs({name}) <= {_LARGEST_FLOAT!r}"
    text = f"typeof({name}) = 'text' AND instr({name}, x'00') = 0"
    if isinstance(kind, Enum):
        names = ", ".join(f"'{value}'" for value in kind.enums)
        return f"{text} AND {name} IN ({names})"
    return f"{text} AND length({name}) <= {_longest(kind)}"


def _longest(kind: object) -> int:
    if isinstance(kind, DateTime):
        return _LONGEST_MOMENT
    return kind.length or LONGEST_TEXT if isinstance(kind, String) else LONGEST_TEXT


def _words(column: "Column[object]") -> str:
    kind = column.type
    if isinstance(kind, Integer):
        return "a whole number of 32 bits"
    if isinstance(kind, Float):
        return "a number"
    if isinstance(kind, Enum):
        return f"one of {', '.join(kind.enums)}"
    if isinstance(kind, DateTime):
        return "a time"
    return "a text" if isinstance(kind, Text) else f"a text of at most {_longest(kind)} characters"
