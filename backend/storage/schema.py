"""ProxyScope's own tables beside Optuna's, and how they are made where they are missing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import (
    Column,
    DateTime,
    Double,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
)
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


metadata = MetaData()

runs = Table(
    "proxyscope_runs",
    metadata,
    Column("study_id", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("message", Text, nullable=False, default=""),
    Column("asked", Integer, nullable=False),
    Column("done", Integer, nullable=False, default=0),
    Column("host", String(255)),
    Column("pid", Integer),
    Column("process_started", Double),
    Column("machine", String(16)),
    Column("device", String(255)),
    Column("images", Text),
    Column("created", DateTime, nullable=False),
    Column("started", DateTime),
    Column("heartbeat", DateTime),
    Column("ended", DateTime),
)
"""One row a study: how its run stands. Times are UTC; ``process_started`` tells a reused pid from the run's own.

``machine`` is that of ``backend.studies.workers``: several may have one host name.
"""

run_log = Table(
    "proxyscope_run_log",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("time", DateTime, nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Index("proxyscope_run_log_study", "study_id", "id"),
)
"""The log of each run, line by line, so that every machine with the database can read it."""

ensembles = Table(
    "proxyscope_ensembles",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("study", String(512), nullable=False),
    Column("created", DateTime, nullable=False),
    Column("content", Text, nullable=False),
)
"""Saved ensembles: ``content`` is the JSON of recipe, labelled cells and figures, from which the fit is made again."""

audit = Table(
    "proxyscope_audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("time", DateTime, nullable=False),
    Column("who", String(320), nullable=False),
    Column("via", String(16), nullable=False),
    Column("action", String(16), nullable=False),
    Column("study", Text, nullable=False),
    Column("detail", Text, nullable=False, default=""),
)
"""Who did what, and when (UTC)."""

queue = Table(
    "proxyscope_queue",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("host", String(255), nullable=False),
)
"""Queued runs that wait for room on a machine, in their order."""

queue_workers = Table(
    "proxyscope_queue_workers",
    metadata,
    Column("host", String(255), primary_key=True),
    Column("parallel", Integer, nullable=False),
    Column("pid", Integer),
    Column("process_started", Double),
)
"""One row a machine: how many runs its queue keeps in work at once, and the process that starts them."""

workers = Table(
    "proxyscope_workers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("process_started", Double),
    Column("machine", String(16)),
    Column("joined", DateTime, nullable=False),
    Column("heartbeat", DateTime, nullable=False),
    Column("left_at", DateTime),
    Index("proxyscope_workers_study", "study_id"),
)
"""One row for each process that has worked on a run."""

tickets = Table(
    "proxyscope_tickets",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("token", String(32), nullable=False, unique=True),
    Column("study_id", Integer, ForeignKey("proxyscope_runs.study_id", ondelete="CASCADE"), nullable=False),
    Column("worker_id", Integer),
    Column("state", String(8), nullable=False),
    Column("number", Integer),
    Column("candidate", String(64)),
    UniqueConstraint("study_id", "candidate", name="proxyscope_tickets_candidate"),
    Index("proxyscope_tickets_state", "study_id", "state"),
)
"""One row a trial of a run that several processes share: "open" while one has it in work, then "counted" or "void".

A candidate stands at the first trial that had it, so that each is scored once.
"""
