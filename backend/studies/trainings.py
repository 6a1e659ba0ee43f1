"""The architectures of a study that are trained here, kept in the study database: recipe, state, curve and accuracy.

A training is queued, then running, and ends finished, stopped or failed, as a run does. Any number of processes may
train the architectures of one study: each takes the next queued one by a single conditional update.

What is measured here is never mixed with the truth of a benchmark, and trainings by different recipes are not mixed
either: :func:`measured` groups them by recipe.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, NaiveDatetime, ValidationError
from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.errors import UserError
from backend.storage.database import Database
from backend.storage.optuna_internals.tables import times_as_text
from backend.storage.schema import stored_key
from backend.storage.schema import trainings as table
from backend.studies.recipes import Epoch, Finite, Recipe, parse_curve
from backend.studies.runs import ACTIVE, State
from backend.studies.workers import is_living, process_columns, this_machine, utc_now

_MOST_ATTEMPTS: Final = 3
"""An architecture on which process after process dies is given up."""
_EARLY: Final = "its process ended before the training began; see its log, then train it again"
_LOST: Final = "its process ended unexpectedly; train it again to go on from its last checkpoint"


_Count = Annotated[int, Field(ge=0, lt=2**31, strict=True)]


class _Row(BaseModel):
    """A row of the table of trainings; SQLite keeps values of any kind in it."""

    id: int
    study_id: int
    architecture: str = ""
    recipe: str = ""
    recipe_digest: str = ""
    epochs: _Count = 0
    seed: _Count = 0
    split: str = ""
    state: State = "failed"
    message: str = ""
    done: _Count = 0
    curve: str = "[]"
    value: Finite | None = None
    seconds: Finite = 0.0
    attempts: _Count = 0
    host: str | None = None
    pid: Annotated[int, Field(gt=0, lt=2**31, strict=True)] | None = None
    process_started: float | None = None
    machine: str | None = None
    device: str | None = None
    created: NaiveDatetime = datetime(1970, 1, 1)
    started: NaiveDatetime | None = None
    heartbeat: NaiveDatetime | None = None
    ended: NaiveDatetime | None = None


_DEFAULTS: Final = {name: item.default for name, item in _Row.model_fields.items() if not item.is_required()}


@dataclass(frozen=True)
class Training:
    """An architecture that is trained here, as read at one moment (times in UTC).

    ``state`` is what is stored, corrected where its process is known to be gone.

    Attributes:
        id: of its row.
        study_id: of its study.
        architecture: its key.
        recipe: how it is trained; None where what is stored is none.
        digest: of the recipe.
        epochs: that it is trained for.
        seed: of weights, order and augmentation.
        split: which images it is trained on, and which are held out; "" before it begins.
        state: how it stands.
        message: why it failed, or was stopped.
        done: epochs that are done.
        curve: of them.
        value: held-out accuracy (%) after the last epoch; None unless it is finished.
        seconds: that it has taken.
        device: on which it ran.
        host: its process's machine.
        pid: its process there.
        created: when it was asked for.
        started: when it last began.
        ended: when it ended.
    """

    id: int
    study_id: int
    architecture: str
    recipe: Recipe | None
    digest: str
    epochs: int
    seed: int
    split: str
    state: State
    message: str
    done: int
    curve: tuple[Epoch, ...] = field(repr=False)
    value: float | None
    seconds: float
    device: str | None
    host: str | None
    pid: int | None
    created: datetime
    started: datetime | None
    ended: datetime | None

    @property
    def active(self) -> bool:
        """Whether a process has it, or is about to have it."""
        return self.state in ACTIVE


def read_trainings(database: Database, study_id: int) -> list[Training]:
    """All trainings of a study, in the order in which they were asked for."""
    return [to_training(row) for row in _rows(database, table.c.study_id == study_id)]


def read_training(database: Database, training_id: int) -> Training | None:
    """One training; None where it was deleted."""
    return next((to_training(row) for row in _rows(database, table.c.id == training_id)), None)


def is_active(database: Database, study_id: int) -> bool:
    """Whether any architecture of a study is being trained, or waits for it."""
    rows = _rows(database, table.c.study_id == study_id, table.c.state.in_(ACTIVE))
    return any(to_training(row).active for row in rows)


def active_by_study(database: Database) -> set[int]:
    """Ids of the studies whose architectures are being trained, or wait for it."""
    rows = _rows(database, table.c.state.in_(ACTIVE))
    return {training.study_id for training in map(to_training, rows) if training.active}


def add(database: Database, study_id: int, recipe: Recipe, seed: int, architectures: Mapping[str, str]) -> list[int]:
    """Queue trainings; those that are finished or active stay as they are, and ended ones are queued again.

    Args:
        database: where the study is.
        study_id: of the study, which ProxyScope has made.
        recipe: how they are trained.
        seed: of weights, order and augmentation.
        architectures: their class keys by key, in the order in which they are to be trained.

    Returns:
        Ids of the trainings, in that order; an architecture that computes the same function as one that was trained
        has its training.
    """
    found = []
    for key, class_key in architectures.items():
        own = (
            (table.c.study_id == study_id)
            & (table.c.recipe_digest == recipe.digest)
            & (table.c.seed == seed)
            & (table.c.class_key == stored_key(table.c.class_key, class_key))
        )
        row = {
            "study_id": study_id,
            "architecture": key,
            "class_key": stored_key(table.c.class_key, class_key),
            "recipe": recipe.model_dump_json(),
            "recipe_digest": recipe.digest,
            "epochs": recipe.epochs,
            "seed": seed,
            "state": "queued",
            "created": utc_now(),
        }
        try:
            with database.begin() as connection:
                connection.execute(insert(table).values(row))
        except IntegrityError:
            _requeue(database, own, recipe)
        with database.engine.connect() as connection:
            found.append(int(connection.execute(select(table.c.id).where(own)).scalar_one()))
    return found


def _requeue(database: Database, own: ColumnElement[bool], recipe: Recipe) -> None:
    """Queue an ended training again; it goes on from its last checkpoint.

    What a copy from elsewhere does not say, the folder of the images, is in the recipe that is asked for.
    """
    for row in _rows(database, own):
        training = to_training(row)
        if training.active or training.state == "finished":
            continue
        fresh: dict[str, Any] = {"state": "queued", "message": "", "attempts": 0, "ended": None, **_NOWHERE}
        fresh["recipe"] = recipe.model_dump_json()
        with database.begin() as connection:
            connection.execute(update(table).where(own, _unchanged(row)).values(fresh))


def claim(database: Database, study_id: int, functions: Iterable[str] = ("",)) -> Training | None:
    """Take the next training of a study that waits, or whose process was killed, for this process.

    Args:
        database: where it is.
        study_id: of the study.
        functions: code digests of the training functions that this process has; "" for the default recipe.

    Returns:
        The training; None where nothing waits that this process can train.
    """
    able = set(functions)
    for row in _rows(database, table.c.study_id == study_id, table.c.state.in_(("queued", "running"))):
        training = to_training(row)
        lost = row["state"] == "running" and training.state == "failed"
        has_process = row["state"] == "running" and not lost
        if training.recipe is None or training.recipe.code not in able or has_process:
            continue
        if lost and row["attempts"] >= _MOST_ATTEMPTS:
            _change(database, training.id, _unchanged(row), state="failed", message=_given_up(row["attempts"]))
            continue
        taken = {
            "state": "running",
            "message": "",
            "attempts": row["attempts"] + 1,
            "started": utc_now(),
            "heartbeat": utc_now(),
            "ended": None,
            "machine": this_machine(),
            **process_columns(os.getpid()),
        }
        if _change(database, training.id, _unchanged(row), **taken):
            return read_training(database, training.id)
    return None


def waiting(database: Database) -> list[int]:
    """Ids of the studies with trainings that wait, the one that waits longest first."""
    query = select(table.c.study_id).where(table.c.state == "queued").order_by(table.c.created, table.c.id)
    with database.engine.connect() as connection:
        return list(dict.fromkeys(connection.scalars(query)))


def processes(database: Database, host: str) -> set[int]:
    """Numbers of the processes of a machine that train architectures, or are about to."""
    rows = _rows(database, table.c.host == host, table.c.state.in_(ACTIVE))
    return {row["pid"] for row in rows if row["pid"] is not None and is_living(row)}


def note_process(database: Database, study_id: int, pid: int) -> None:
    """Record the process that was started for queued trainings, at the first of them: its early death is seen."""
    waits = (table.c.study_id == study_id) & (table.c.state == "queued") & table.c.pid.is_(None)
    first = select(table.c.id).where(waits).order_by(table.c.id).limit(1)
    with database.begin() as connection:
        if (training_id := connection.scalar(first)) is not None:
            noted = {"heartbeat": utc_now(), "machine": this_machine(), **process_columns(pid)}
            connection.execute(update(table).where(table.c.id == training_id, waits).values(noted))


def describe(database: Database, training_id: int, *, device: str, split: str) -> None:
    """Record where a training runs, and which images are trained on and held out."""
    _change(database, training_id, table.c.state.in_(ACTIVE), device=device, split=split)


def record_curve(database: Database, training_id: int, curve: Sequence[Epoch]) -> None:
    """Record the epochs that are done, from the first on."""
    rows = [[_finite(loss), _finite(accuracy), round(seconds, 3)] for loss, accuracy, seconds in curve]
    _change(
        database,
        training_id,
        table.c.state.in_(ACTIVE),
        done=len(curve),
        curve=json.dumps(rows),
        seconds=sum(epoch.seconds for epoch in curve),
        heartbeat=utc_now(),
    )


def beat(database: Database, training_id: int) -> bool:
    """Show a sign of life; False once a stop is asked for, or the training is deleted."""
    _change(database, training_id, table.c.state.in_(ACTIVE), heartbeat=utc_now())
    with database.engine.connect() as connection:
        return connection.scalar(select(table.c.state).where(table.c.id == training_id)) == "running"


def finish(database: Database, training_id: int, value: float, seconds: float) -> None:
    """Record the accuracy of a training that did all its epochs."""
    ended = {"state": "finished", "message": "", "value": value, "seconds": seconds, "ended": utc_now()}
    _change(database, training_id, table.c.state.in_(ACTIVE), **ended)


def end(database: Database, training_id: int, state: State, message: str) -> None:
    """Record that a training was stopped, or failed; "queued" gives it back for others to go on with."""
    fresh: dict[str, Any] = dict(_NOWHERE) if state == "queued" else {"ended": utc_now()}
    _change(database, training_id, table.c.state.in_(ACTIVE), state=state, message=message, **fresh)


def request_stop(database: Database, study_id: int) -> int:
    """Ask the trainings of a study to stop: those that wait do at once, one that runs after its batch.

    Returns:
        How many there were to stop.
    """
    count = 0
    for row in _rows(database, table.c.study_id == study_id, table.c.state.in_(ACTIVE)):
        training = to_training(row)
        if training.active and row["state"] != "queued":
            count += _change(database, training.id, _unchanged(row), state="stopping")
        elif row["state"] == "queued":
            stopped = {"state": "stopped", "message": "stopped before it began", "ended": utc_now()}
            count += _change(database, training.id, _unchanged(row), **stopped)
    return count


@dataclass(frozen=True)
class Measured:
    """The accuracies that were measured by one recipe.

    Attributes:
        recipe: how.
        split: which images were trained on, and which held out.
        values: mean accuracy (%) over the seeds, by key of the architecture.
        seconds: mean seconds of a training, likewise.
        seeds: of the trainings.
    """

    recipe: Recipe
    split: str
    values: Mapping[str, float]
    seconds: Mapping[str, float]
    seeds: tuple[int, ...]

    @property
    def words(self) -> str:
        """Where the numbers are from, in a sentence."""
        seeds = (
            f"seed {self.seeds[0]}" if len(self.seeds) == 1 else f"mean over seeds {', '.join(map(str, self.seeds))}"
        )
        split = f" {self.split}" if self.split else ""
        what = "what the function returns" if self.recipe.function else "held-out accuracy after the last epoch"
        return f"Measured here: {what}, {self.recipe.dataset}, {self.recipe.words}, {seeds}.{split}"


def measured(trainings: Iterable[Training]) -> list[Measured]:
    """What finished trainings measured, a recipe each, those of the most architectures first."""
    groups: dict[tuple[str, str], list[Training]] = {}
    for training in trainings:
        if training.state == "finished" and training.value is not None and training.recipe is not None:
            # Of one that comes from elsewhere, the folder of the images is not told: its digest tells it apart.
            groups.setdefault((training.digest, training.recipe.digest), []).append(training)
    found = []
    for group in groups.values():
        by_key: dict[str, list[Training]] = {}
        for training in group:
            by_key.setdefault(training.architecture, []).append(training)
        recipe = group[0].recipe
        assert recipe is not None
        found.append(
            Measured(
                recipe,
                group[0].split,
                {key: _mean([item.value or 0.0 for item in items]) for key, items in by_key.items()},
                {key: _mean([item.seconds for item in items]) for key, items in by_key.items()},
                tuple(sorted({item.seed for item in group})),
            )
        )
    return sorted(found, key=lambda item: -len(item.values))


def to_training(row: Mapping[str, Any]) -> Training:
    """A row of the table of trainings; what is stored of it that is not valid is said in its message."""
    there = {name: value for name, value in row.items() if value is not None}
    wrong: list[str] = []
    try:
        checked = _Row.model_validate(there).model_dump()
    except ValidationError as error:
        wrong = list(dict.fromkeys(str(item["loc"][0]) for item in error.errors()))
        checked = _Row.model_validate({**there, **{name: _DEFAULTS[name] for name in wrong}}).model_dump()
    recipe, curve = None, tuple[Epoch, ...]()
    try:
        recipe = Recipe.parse(checked["recipe"])
    except UserError:
        wrong.append("recipe")
    try:
        curve = parse_curve(checked["curve"])
    except ValueError:
        wrong.append("curve")
    state, message = _true_state(checked)
    if wrong:
        state = "failed" if state not in ACTIVE else state
        message = f"what is stored of it is not valid: {', '.join(dict.fromkeys(wrong))}"
    times: dict[str, Any] = {
        key: checked[key].replace(tzinfo=UTC) if checked[key] else None for key in ("created", "started", "ended")
    }
    same: dict[str, Any] = {
        key: checked[key]
        for key in (
            *("id", "study_id", "architecture", "epochs", "seed", "split"),
            *("done", "seconds", "device", "host", "pid"),
        )
    }
    return Training(
        recipe=recipe,
        digest=checked["recipe_digest"],
        state=state,
        message=message,
        curve=curve,
        value=checked["value"] if state == "finished" else None,
        **same,
        **times,
    )


def _true_state(row: Mapping[str, Any]) -> tuple[State, str]:
    state: State = row["state"]
    waits = state == "queued" and row["pid"] is None
    if state not in ACTIVE or waits or (row["pid"] is not None and is_living(row)):
        return state, row["message"]
    if state == "stopping":
        return "stopped", "its process had ended before it could answer"
    return "failed", _EARLY if state == "queued" else _LOST


_NOWHERE: Final = dict.fromkeys(("host", "machine", "pid", "process_started"))


def _given_up(attempts: int) -> str:
    return f"given up: its process was killed {attempts} times; is there enough memory?"


def _unchanged(row: Mapping[str, Any]) -> ColumnElement[bool]:
    return and_(table.c.state == row["state"], table.c.pid.is_not_distinct_from(row["pid"]))


def _change(database: Database, training_id: int, condition: ColumnElement[bool], **values: Any) -> bool:
    """Set columns of a training if it meets a condition; whether it did."""
    with database.begin() as connection:
        query = update(table).where(table.c.id == training_id, condition).values(**values)
        return connection.execute(query).rowcount == 1


def _rows(database: Database, *conditions: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    """Rows of the table, in their order; where a time in them is none, times come as they are stored."""
    query = select(table).where(*conditions).order_by(table.c.id)
    with database.engine.connect() as connection:
        try:
            return [dict(row) for row in connection.execute(query).mappings()]
        except (TypeError, ValueError):
            query = select(*times_as_text(table.c)).where(*conditions).order_by(table.c.id)
            return [dict(row) for row in connection.execute(query).mappings()]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
