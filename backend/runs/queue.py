"""The queue of a machine: runs that wait until others have ended, kept in the study database in their order.

A run in the queue is a queued run without a process. The trainings of a study's architectures wait there together, and
one process does them in turn. One process a machine, the worker, starts all of these; it ends when nothing waits any
more, and whoever adds a run starts it again.
"""

import os
import socket
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, delete, exists, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from backend.storage.database import Database
from backend.storage.schema import queue, queue_workers
from backend.storage.schema import runs as runs_table
from backend.storage.schema import trainings as trainings_table
from backend.studies import runs, trainings
from backend.studies.workers import is_alive, process_columns

MOST_PARALLEL = 16
Kind = Literal["search", "training"]


class Waiting(NamedTuple):
    """What waits in a queue: the search of a study, or the trainings of its architectures."""

    study_id: int
    kind: Kind


def add(database: Database, study_id: int, kind: Kind = "search") -> None:
    """Put a queued run, or queued trainings, at the end of this machine's queue."""
    with database.begin() as connection:
        connection.execute(insert(queue).values(study_id=study_id, host=socket.gethostname(), kind=kind))


def all_waiting(database: Database) -> list[Waiting]:
    """What waits on this machine, the next one first."""
    search = and_(queue.c.kind == "search", runs_table.c.state == "queued", runs_table.c.pid.is_(None))
    queued = exists().where(
        trainings_table.c.study_id == queue.c.study_id,
        trainings_table.c.state == "queued",
        trainings_table.c.pid.is_(None),
    )
    query = (
        select(queue.c.study_id, queue.c.kind)
        .join(runs_table, runs_table.c.study_id == queue.c.study_id)
        .where(queue.c.host == socket.gethostname(), or_(search, and_(queue.c.kind == "training", queued)))
        .order_by(queue.c.id)
    )
    with database.engine.connect() as connection:
        return list(dict.fromkeys(Waiting(*row) for row in connection.execute(query)))


def waiting(database: Database) -> list[int]:
    """Study ids of the searches that wait on this machine, the next one first."""
    return [item.study_id for item in all_waiting(database) if item.kind == "search"]


def leave(database: Database, study_id: int, kind: Kind = "search") -> bool:
    """Take a run out of the queue; False when it was not in it, or another process has taken it."""
    own = (queue.c.study_id == study_id) & (queue.c.kind == kind)
    with database.begin() as connection:
        return connection.execute(delete(queue).where(own)).rowcount > 0


def parallel(database: Database) -> int:
    """How many runs this machine's queue keeps going at once."""
    with database.engine.connect() as connection:
        found = connection.scalar(select(queue_workers.c.parallel).where(_own()))
    return int(found or 1)


def set_parallel(database: Database, number: int) -> None:
    """Say how many runs this machine's queue keeps going at once; a worker that runs takes it over."""
    try:
        with database.begin() as connection:
            connection.execute(insert(queue_workers).values(host=socket.gethostname(), parallel=number))
    except IntegrityError:
        with database.begin() as connection:
            connection.execute(update(queue_workers).where(_own()).values(parallel=number))


def worker_alive(database: Database) -> bool:
    """Whether this machine's worker is there."""
    with database.engine.connect() as connection:
        row = connection.execute(select(queue_workers).where(_own())).mappings().first()
    return row is not None and row["pid"] is not None and is_alive(row["pid"], row["process_started"])


def claim_worker(database: Database) -> bool:
    """Make this process the machine's worker; False while another is."""
    set_parallel(database, parallel(database))
    with database.engine.connect() as connection:
        row = connection.execute(select(queue_workers).where(_own())).mappings().one()
    if row["pid"] is not None and row["pid"] != os.getpid() and is_alive(row["pid"], row["process_started"]):
        return False
    process = process_columns(os.getpid())
    unchanged = queue_workers.c.pid.is_not_distinct_from(row["pid"])
    with database.begin() as connection:
        return connection.execute(update(queue_workers).where(_own(), unchanged).values(process)).rowcount == 1


def release_worker(database: Database) -> None:
    """Say that this process is the worker no more."""
    with database.begin() as connection:
        own = (queue_workers.c.pid == os.getpid()) & _own()
        connection.execute(update(queue_workers).where(own).values(pid=None, process_started=None))


def in_work(database: Database) -> int:
    """How many runs have a process on this machine, those that were launched past the queue among them.

    A process that trains architectures counts as one.
    """
    host = socket.gethostname()
    searches = sum(run.active and run.host == host and run.pid is not None for run in runs.read_runs(database).values())
    return searches + len(trainings.processes(database, host))


def _own() -> ColumnElement[bool]:
    return queue_workers.c.host == socket.gethostname()
