"""The processes that share a run, kept in the study database: who they are, and whether they are alive.

A process of this machine is alive while it is there. One of another machine is alive while it shows signs of life.
"""

from __future__ import annotations

import hashlib
import os
import socket
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Connection, RowMapping, func, insert, select, update

from backend.storage.database import Database
from backend.storage.schema import runs, tickets, workers

_BOOT, _PROCESSES = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@cache
def this_machine() -> str:
    """A short text for where this process's number has a meaning: a machine since its start, or a container.

    Clones of a machine have one host name, and often one machine-id, but each its own boot; the containers of a machine
    share that, but each has its own numbering of processes.
    """
    try:
        parts = [_BOOT.read_text(encoding="ascii").strip(), str(_PROCESSES.readlink())]
    except OSError:
        parts = [f"{uuid.getnode():012x}", f"{psutil.boot_time():.0f}"]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


_SILENT_AFTER = timedelta(seconds=60)


@dataclass(frozen=True)
class Worker:
    """A process that works, or has worked, on a run (times in UTC).

    Attributes:
        id: of its row.
        host: its machine.
        pid: its number there.
        trials: how many it has done that count.
        joined: when it came.
        heartbeat: its last sign of life.
        left: when it went; None for one that is there, or was killed.
        alive: whether it is there.
    """

    id: int
    host: str
    pid: int
    trials: int
    joined: datetime
    heartbeat: datetime
    left: datetime | None
    alive: bool


def come_first(database: Database, study_id: int) -> int:
    """Make this process, which has claimed and prepared a run, its first worker; others may join from now on.

    Returns:
        The worker's id.
    """
    with database.begin() as connection:
        return _enter(connection, study_id)


def join(database: Database, study_id: int, most: int) -> int | None:
    """Make this process a further worker of a running run, or one in the place of workers that were killed.

    Args:
        database: where the run is.
        study_id: of the run.
        most: living workers that it may have.

    Returns:
        The worker's id; None when it has as many, does not run, or is being prepared.
    """
    since = select(runs.c.started).where(runs.c.study_id == study_id).scalar_subquery()
    prepared = select(workers.c.id).where(workers.c.study_id == study_id, workers.c.joined >= since)
    with database.begin() as connection:
        if not _hold_run(connection, study_id) or len(_living(connection, study_id)) >= most:
            return None
        return _enter(connection, study_id) if connection.execute(prepared).first() else None


def beat(database: Database, worker_id: int) -> bool:
    """Show a sign of life; False once others took this process for dead, and its trials for lost."""
    query = update(workers).where(workers.c.id == worker_id, workers.c.left_at.is_(None))
    with database.begin() as connection:
        return connection.execute(query.values(heartbeat=utc_now())).rowcount == 1


def leave(database: Database, study_id: int, worker_id: int) -> bool:
    """Leave a run, unless nobody else alive is there: then this process has to end it, and stays until it has.

    Returns:
        Whether it left.
    """
    with database.begin() as connection:
        # Whatever its state: of two that leave at once, one has to see that it is the last.
        connection.execute(update(runs).where(runs.c.study_id == study_id).values(asked=runs.c.asked))
        if _living(connection, study_id) in ([], [worker_id]):
            return False
        connection.execute(update(workers).where(workers.c.id == worker_id).values(left_at=utc_now()))
        return True


def dismiss(database: Database, study_id: int) -> None:
    """Take all workers of a run for gone, once it has ended, or before it begins anew."""
    with database.begin() as connection:
        gone = (workers.c.study_id == study_id) & workers.c.left_at.is_(None)
        connection.execute(update(workers).where(gone).values(left_at=utc_now()))


def list_workers(database: Database, study_id: int) -> list[Worker]:
    """All workers of a run in the order in which they came."""
    counted = (
        select(func.count())
        .where(tickets.c.worker_id == workers.c.id, tickets.c.state == "counted")
        .scalar_subquery()
        .label("trials")
    )
    query = select(workers, counted).where(workers.c.study_id == study_id).order_by(workers.c.id)
    with database.engine.connect() as connection:
        return [_to_worker(row) for row in connection.execute(query).mappings()]


def living_by_study(database: Database, study_ids: Iterable[int]) -> dict[int, bool]:
    """Whether any worker of a run is alive, of the runs that have, or were left by a killed, worker."""
    query = select(workers).where(workers.c.study_id.in_(list(study_ids)), workers.c.left_at.is_(None))
    alive: dict[int, bool] = {}
    with database.engine.connect() as connection:
        for row in connection.execute(query).mappings():
            alive[row["study_id"]] = alive.get(row["study_id"], False) or is_living(dict(row))
    return alive


def lost_workers(database: Database, study_id: int, silent: timedelta = timedelta()) -> list[int]:
    """Ids of the workers of a run that went, or were killed, and still have trials open.

    Args:
        database: where the run is.
        study_id: of the run.
        silent: for how long they have shown no sign of life: those that do are not looked at.
    """
    query = (
        select(workers)
        .join(tickets, tickets.c.worker_id == workers.c.id)
        .where(workers.c.study_id == study_id, tickets.c.state == "open")
        .where(workers.c.left_at.is_not(None) | (workers.c.heartbeat <= utc_now() - silent))
        .distinct()
    )
    with database.engine.connect() as connection:
        return [row["id"] for row in connection.execute(query).mappings() if not is_living(dict(row))]


def process_columns(pid: int) -> dict[str, str | int | float | None]:
    """What tells a process from any other on its machine: host, pid, and when it started."""
    try:
        started: float | None = psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        started = None
    return {"host": socket.gethostname(), "pid": pid, "process_started": started}


def is_alive(pid: int, started: float | None) -> bool:
    """Whether a process of this machine, started at that time, is there and not dead."""
    try:
        process = psutil.Process(pid)
        same = started is None or abs(process.create_time() - started) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def is_living(row: Mapping[str, Any]) -> bool:
    """Whether the process of a row is there.

    Args:
        row: host, machine, pid, process_started, heartbeat, and left_at where there is one.
    """
    if row.get("left_at") is not None:
        return False
    if _is_here(row):
        return is_alive(row["pid"], row["process_started"])
    return row["heartbeat"] is None or utc_now() - row["heartbeat"] <= _SILENT_AFTER


def _is_here(row: Mapping[str, Any]) -> bool:
    """Whether a row is of this machine; those of versions before do not say of which of several with its name."""
    machine = row.get("machine")
    return bool(row["host"] == socket.gethostname() if machine is None else machine == this_machine())


def utc_now() -> datetime:
    """The present in UTC, without a time zone, as the database stores it."""
    return datetime.now(UTC).replace(tzinfo=None)


def _enter(connection: Connection, study_id: int) -> int:
    now = utc_now()
    process = {**process_columns(os.getpid()), "machine": this_machine()}
    row = {"study_id": study_id, "joined": now, "heartbeat": now, **process}
    return int(connection.execute(insert(workers).values(row).returning(workers.c.id)).scalar_one())


def _hold_run(connection: Connection, study_id: int) -> bool:
    """Let no other process count a run's workers until the transaction ends; whether the run goes on."""
    query = update(runs).where(runs.c.study_id == study_id, runs.c.state == "running")
    return connection.execute(query.values(heartbeat=utc_now())).rowcount == 1


def _living(connection: Connection, study_id: int) -> list[int]:
    query = select(workers).where(workers.c.study_id == study_id, workers.c.left_at.is_(None))
    return [row["id"] for row in connection.execute(query).mappings() if is_living(dict(row))]


def _to_worker(row: RowMapping) -> Worker:
    return Worker(
        id=row["id"],
        host=row["host"],
        pid=row["pid"],
        trials=row["trials"],
        joined=row["joined"].replace(tzinfo=UTC),
        heartbeat=row["heartbeat"].replace(tzinfo=UTC),
        left=row["left_at"].replace(tzinfo=UTC) if row["left_at"] else None,
        alive=is_living(dict(row)),
    )
