"""Lets a database that lacks tables of ours be read: a missing table is read as empty, a missing column as unknown.

Plain Optuna's databases have none of these tables, and those of earlier versions not all of their columns.
"""

from typing import Any

from sqlalchemy import Connection, Engine, MetaData, Subquery, Table, cast, event, false, inspect, null, select
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement


def read_absent_as_empty(engine: Engine, tables: MetaData) -> None:
    """Put empty stand-ins into the queries of an engine, for as long as tables or columns are not there.

    Args:
        engine: that only reads.
        tables: that may be missing.
    """
    whole = set[str]()

    @event.listens_for(engine, "before_execute", retval=True)
    def _stand_in(
        connection: Connection, statement: Any, parameters: Any, more: Any, _options: Any
    ) -> tuple[Any, Any, Any]:
        for table in _used(statement, tables):
            if table.name in whole:
                continue
            there = _columns(connection, table)
            if there >= set(table.columns.keys()):
                whole.add(table.name)
            else:
                statement = _replaced(statement, table, _stand_in_for(table, there))
        return statement, parameters, more


def _used(statement: Any, tables: MetaData) -> set[Table]:
    if not isinstance(statement, ClauseElement):
        return set()
    found = visitors.iterate(statement)
    return {item for item in found if isinstance(item, Table) and item.metadata is tables}


def _columns(connection: Connection, table: Table) -> set[str]:
    there = inspect(connection)
    return {column["name"] for column in there.get_columns(table.name)} if there.has_table(table.name) else set()


def _stand_in_for(table: Table, there: set[str]) -> Subquery:
    columns = [
        column if column.name in there else cast(null(), column.type).label(column.name) for column in table.columns
    ]
    query = select(*columns)
    return (query if there else query.where(false())).subquery(table.name)


def _replaced(statement: Any, table: Table, stand_in: Subquery) -> Any:
    def other(element: Any, **_: Any) -> Any:
        if element is table:
            return stand_in
        if getattr(element, "table", None) is table:
            return stand_in.c[element.name]
        return None

    return visitors.replacement_traverse(statement, {}, other)
