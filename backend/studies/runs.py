"""The state of a study's run, kept in the study database so that every machine with its URL sees it.

A run is queued, then running, and ends finished, stopped or failed; a stop asked for is "stopping" until the process
has seen it. Changes of state are single conditional updates: of two processes that claim one run, one gets it.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, Field, NaiveDatetime, ValidationError
from sqlalchemy import ColumnElement, Connection, delete, insert, select, update

from backend.storage.database import Database
from backend.storage.optuna_internals.tables import times_as_text
from backend.storage.schema import metadata, run_log, runs
from backend.studies import workers
from backend.studies.workers import is_living, process_columns, this_machine, utc_now

State = Literal["queued", "running", "stopping", "stopped", "finished", "failed"]
STATES: tuple[str, ...] = get_args(State)
ACTIVE: tuple[State, ...] = ("queued", "running", "stopping")
HEARTBEAT_SECONDS = 5
_Count = Annotated[int, Field(ge=0, lt=2**31, strict=True)]


class _Row(BaseModel):
    """A row of the table of runs, as far as it is shown; SQLite keeps values of any kind in it."""

    study_id: int
    state: State = "failed"
    message: str = ""
    asked: _Count = 0
    done: _Count = 0
    host: str | None = None
    pid: Annotated[int, Field(gt=0, lt=2**31, strict=True)] | None = None
    device: str | None = None
    images: str | None = None
    created: NaiveDatetime = datetime(1970, 1, 1)
    started: NaiveDatetime | None = None
    heartbeat: NaiveDatetime | None = None
    ended: NaiveDatetime | None = None
    machine: str | None = None
    process_started: float | None = None


_DEFAULTS: Final = {name: field.default for name, field in _Row.model_fields.items() if not field.is_required()}


@dataclass(frozen=True)
class Run:
    """How a study's run stands, as read at one moment.

    ``state`` is what the run says of itself, corrected where its process is known to be gone.
    """

    study_id: int
    state: State
    message: str
    asked: int
    done: int
    host: str | None
    pid: int | None
    device: str | None
    images: str | None
    created: datetime
    started: datetime | None
    heartbeat: datetime | None
    ended: datetime | None

    @property
    def active(self) -> bool:
        """Whether a process has, or is about to have, the run."""
        return self.state in ACTIVE


@dataclass(frozen=True)
class LogLine:
    """One line of a run's log (time in UTC)."""

    id: int
    time: datetime
    level: str
    message: str


def create_run(database: Database, study_id: int, asked: int) -> None:
    """Enter a run as queued."""
    row = {"study_id": study_id, "state": "queued", "message": "", "asked": asked, "done": 0, "created": utc_now()}
    with database.begin() as connection:
        # Another program may have deleted a study that had this number, and knows nothing of its run.
        _forget(connection, study_id)
        connection.execute(insert(runs).values(row))


def read_run(database: Database, study_id: int) -> Run | None:
    """The run of a study, or None for a study that ProxyScope did not make."""
    return next(_to_runs(database, _rows(database, runs.c.study_id == study_id)), None)


def read_runs(database: Database) -> dict[int, Run]:
    """All runs by study id."""
    return {run.study_id: run for run in _to_runs(database, _rows(database))}


def requeue(database: Database, study_id: int, asked: int) -> bool:
    """Queue an ended run again; False when it is active, or was queued by another at the same moment."""
    row = next(iter(_rows(database, runs.c.study_id == study_id)), None)
    if row is None or next(_to_runs(database, [row])).active:
        return False
    nowhere = dict.fromkeys(("host", "machine", "pid", "process_started"))
    fresh = {"state": "queued", "message": "", "asked": asked, "ended": None, **nowhere}
    unchanged = (runs.c.state == row["state"]) & runs.c.pid.is_not_distinct_from(row["pid"])
    with database.begin() as connection:
        query = update(runs).where(runs.c.study_id == study_id, unchanged).values(fresh)
        queued = connection.execute(query).rowcount == 1
    if queued:
        workers.dismiss(database, study_id)
    return queued


def note_process(database: Database, study_id: int, pid: int) -> None:
    """Record the process that was started for a queued run, so that its early death is seen."""
    _change(database, study_id, ("queued",), heartbeat=utc_now(), machine=this_machine(), **process_columns(pid))


def claim(database: Database, study_id: int) -> bool:
    """Take a queued run for this process; False when another has it or it is not queued."""
    return _change(
        database,
        study_id,
        ("queued",),
        state="running",
        started=utc_now(),
        heartbeat=utc_now(),
        machine=this_machine(),
        **process_columns(os.getpid()),
    )


def describe_work(database: Database, study_id: int, device: str, images: str) -> None:
    """Record which device and which images the run uses."""
    _change(database, study_id, STATES, device=device, images=images)


def beat(database: Database, study_id: int) -> None:
    """Record a sign of life."""
    _change(database, study_id, ACTIVE, heartbeat=utc_now())


def count_done(database: Database, study_id: int, done: int) -> None:
    """Record how many trials count as done."""
    _change(database, study_id, STATES, done=done, heartbeat=utc_now())


def request_stop(database: Database, study_id: int) -> bool:
    """Ask a run to stop after the running trial; a run with no living process is stopped at once.

    Returns:
        Whether there was anything to stop.
    """
    run = read_run(database, study_id)
    if run is None or not run.active:
        return False
    ended = {"state": "stopped", "message": "stopped before it began", "ended": utc_now()}
    if run.state == "queued" and run.pid is None and _change(database, study_id, ("queued",), **ended):
        return True
    return _change(database, study_id, ACTIVE, state="stopping")


def stop_requested(database: Database, study_id: int) -> bool:
    """Whether the run was asked to stop."""
    with database.engine.connect() as connection:
        state = connection.execute(select(runs.c.state).where(runs.c.study_id == study_id)).scalar()
    return state != "running"


def end(database: Database, study_id: int, state: State, message: str) -> None:
    """Record the end of a run."""
    _change(database, study_id, ACTIVE, state=state, message=message, ended=utc_now(), heartbeat=utc_now())


def hold(connection: Connection, study_id: int) -> None:
    """Let no other process change how a run stands until the transaction ends."""
    connection.execute(select(runs.c.study_id).where(runs.c.study_id == study_id).with_for_update())


def append_log(database: Database, study_id: int, level: str, message: str) -> None:
    """Add a line to a run's log."""
    with database.begin() as connection:
        line = {"study_id": study_id, "time": utc_now(), "level": level.lower(), "message": message}
        connection.execute(insert(run_log).values(line))


def read_log(database: Database, study_id: int, last: int = 200) -> list[LogLine]:
    """The last lines of a run's log, oldest first."""
    query = select(run_log).where(run_log.c.study_id == study_id).order_by(run_log.c.id.desc()).limit(last)
    with database.engine.connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [LogLine(row["id"], row["time"].replace(tzinfo=UTC), row["level"], row["message"]) for row in reversed(rows)]


def _forget(connection: Connection, study_id: int) -> None:
    for table in reversed(metadata.sorted_tables):
        if "study_id" in table.c:
            connection.execute(delete(table).where(table.c.study_id == study_id))


def _change(database: Database, study_id: int, states: Iterable[str], **values: Any) -> bool:
    """Set columns of a run if its stored state is one of ``states``; whether it was."""
    query = update(runs).where(runs.c.study_id == study_id, runs.c.state.in_(tuple(states))).values(**values)
    with database.begin() as connection:
        return connection.execute(query).rowcount == 1


def _rows(database: Database, *conditions: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    """Rows of the table of runs; where a time in them is none, times come as they are stored."""
    query = select(runs).where(*conditions)
    with database.engine.connect() as connection:
        try:
            return [dict(row) for row in connection.execute(query).mappings()]
        except (TypeError, ValueError):
            query = select(*times_as_text(runs.c)).where(*conditions)
            return [dict(row) for row in connection.execute(query).mappings()]


def _to_runs(database: Database, rows: Sequence[Mapping[str, Any]]) -> Iterator[Run]:
    active = [row["study_id"] for row in rows if row["state"] in ACTIVE]
    living = workers.living_by_study(database, active) if active else {}
    for row in rows:
        yield to_run(row, living.get(row["study_id"]))


def to_run(row: Mapping[str, Any], living: bool | None = None) -> Run:
    """A row of the table of runs, its state corrected where no process has it, its message where it is not valid.

    Args:
        row: of the table.
        living: whether any of its workers is there; None for a run that one process has.
    """
    checked, wrong = _checked(row)
    state, message = _true_state(checked, living)
    if wrong:
        message = f"what is stored of its run is not valid: {', '.join(wrong)}"
    times: dict[str, Any] = {
        key: checked[key].replace(tzinfo=UTC) if checked[key] else None
        for key in ("created", "started", "heartbeat", "ended")
    }
    same: dict[str, Any] = {
        key: checked[key] for key in ("study_id", "asked", "done", "host", "pid", "device", "images")
    }
    return Run(state=state, message=message, **same, **times)


def _checked(row: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A row with defaults in the place of values that are not valid, and the names of these."""
    there = {name: value for name, value in row.items() if value is not None}
    try:
        return _Row.model_validate(there).model_dump(), []
    except ValidationError as error:
        wrong = list(dict.fromkeys(str(item["loc"][0]) for item in error.errors()))
    return _Row.model_validate({**there, **{name: _DEFAULTS[name] for name in wrong}}).model_dump(), wrong


def _true_state(row: Mapping[str, Any], living: bool | None) -> tuple[State, str]:
    """The state, corrected where no process has the run; ``living`` is None where no worker has joined it yet."""
    state: State = row["state"]
    if state not in ACTIVE or row["pid"] is None or (is_living(row) if living is None else living):
        return state, row["message"]
    if state == "stopping":
        return "stopped", "its process had ended before it could answer"
    when = "before the search began" if state == "queued" else "unexpectedly"
    return "failed", f"its process ended {when}; see its log, then resume it"
