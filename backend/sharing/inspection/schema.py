"""The tables of a file and their values: plain ones with the columns that they should have, of their types."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Column, DateTime, Enum, Float, Integer, String, Table, Text

from backend.sharing.export import FORMAT
from backend.sharing.inspection.file import LONGEST_TEXT, BadFileError
from backend.sharing.source import OPTUNA_TABLES
from backend.storage import schema as tables
from backend.storage.migrations import VERSION_TABLE, unknown_revision
from backend.storage.scores import cell_scores

_MOST_OBJECTS: Final = 500


def check_schema(connection: sqlite3.Connection, revision: str) -> list[Table]:
    """Check the schema of a file, then its pages.

    Args:
        connection: a guarded one.
        revision: of Optuna's tables, as this installation has them.

    Returns:
        The known tables that it has.

    Raises:
        BadFileError: it is not as it should be.
        sqlite3.Error: it is damaged.
    """
    names = _plain_tables(connection)
    for name in names:
        _check_plain(connection, name)
    if missing := [table.name for table in OPTUNA_TABLES if table.name not in names]:
        raise BadFileError(f"it is no study database: it has no table {missing[0]}")
    _check_versions(connection, names, revision)
    own = (tables.runs, tables.run_log, tables.ensembles, tables.trainings, _scores_of(connection))
    found = [table for table in (*OPTUNA_TABLES, *own) if table.name in names]
    for table in found:
        _check_columns(connection, table)
    (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if verdict != "ok":
        raise BadFileError("it is damaged; have it sent again")
    return found


def _scores_of(connection: sqlite3.Connection) -> Table:
    """The score store as the file has it: that of version 0.1.0 names architectures by number."""
    earlier = cell_scores.c.cell_class.name in _columns_of(connection, cell_scores)
    return cell_scores if earlier else tables.scores


def _plain_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(f"SELECT type, name, sql FROM sqlite_master LIMIT {_MOST_OBJECTS + 1}").fetchall()
    if len(rows) > _MOST_OBJECTS:
        raise BadFileError(f"it has more than {_MOST_OBJECTS} tables and indexes")
    for kind, name, sql in rows:
        words = str(sql or "").split(maxsplit=2)
        if kind not in {"table", "index"} or [word.upper() for word in words[:2]] == ["CREATE", "VIRTUAL"]:
            what = "virtual table" if kind == "table" else str(kind)
            raise BadFileError(f"it has a {what[:20]}, {str(name)[:50]!r}; a study database has plain tables alone")
    return [str(name) for kind, name, _ in rows if kind == "table"]


def _check_plain(connection: sqlite3.Connection, name: str) -> None:
    """No column of it, and no index on it, computes anything."""
    if any(hidden for *_, hidden in connection.execute(f"PRAGMA table_xinfo({_quoted(name)})")):
        raise BadFileError(f"its table {name[:50]!r} has a generated column; a study database has none")
    for _, index, _, _, partial in connection.execute(f"PRAGMA index_list({_quoted(name)})").fetchall():
        columns = connection.execute(f"PRAGMA index_xinfo({_quoted(index)})").fetchall()
        if partial or any(column == -2 for _, column, *_ in columns):
            raise BadFileError(f"its index {index[:50]!r} computes something; those of a study database do not")


def _check_versions(connection: sqlite3.Connection, names: list[str], revision: str) -> None:
    (format_number,) = connection.execute("PRAGMA user_version").fetchone()
    if not 0 <= format_number <= FORMAT:
        raise BadFileError(f"it is of format {format_number}, and this ProxyScope reads {FORMAT}; update ProxyScope")
    if VERSION_TABLE in names:
        rows = connection.execute(f"SELECT version_num FROM {VERSION_TABLE} LIMIT 2")
        if words := unknown_revision(tuple(str(row[0]) for row in rows)):
            raise BadFileError(f"it {words}")
    found = [None]
    if "alembic_version" in names:
        found = [row[0] for row in connection.execute("SELECT version_num FROM alembic_version LIMIT 2")]
    if found != [revision]:
        shown = found[0] if len(found) == 1 and isinstance(found[0], str) else "unknown"
        raise BadFileError(
            f"its tables are of Optuna's revision {shown[:20]!r}, not {revision!r}; bring it up to date with "
            "`optuna storage upgrade`, or update ProxyScope"
        )


def _check_columns(connection: sqlite3.Connection, table: Table) -> None:
    found = _columns_of(connection, table)
    if missing := [name for name in _needed(table) if name not in found]:
        raise BadFileError(f"its table {table.name} has no column {missing[0]}")
    if table in OPTUNA_TABLES and (more := found - set(table.columns.keys())):
        raise BadFileError(f"its table {table.name} has a column that Optuna's has not: {min(more)[:50]!r}")


def _columns_of(connection: sqlite3.Connection, table: Table) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA table_xinfo({_quoted(table.name)})")}


def _needed(table: Table) -> Iterator[str]:
    """Columns that a file of any version has; those of ours that may be empty can be newer than the file."""
    for column in table.columns:
        if table in OPTUNA_TABLES or not (column.nullable or column.default):
            yield column.name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


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
    there = _columns_of(connection, table)
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


def _may_be_empty(table: Table, column: Column[object]) -> bool:
    return column.name in _OPTIONAL if table in OPTUNA_TABLES else bool(column.nullable)


def _rule(column: Column[object]) -> str:
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


def _words(column: Column[object]) -> str:
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
