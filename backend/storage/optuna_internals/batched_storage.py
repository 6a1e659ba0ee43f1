"""Optuna's storage with fewer transactions: what a trial of this process is given is written together.

Optuna writes each parameter and attribute of a trial in a transaction of its own, some twenty a trial, which costs more
than proposing the trial does. Here they are written with the trial's state, in one; Optuna's own cached storage, which
this builds on, promises no more than that: preceding writes are stored before the state is.
"""

import copy
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from optuna.distributions import BaseDistribution, check_distribution_compatibility, distribution_to_json
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage, _StudyInfo
from optuna.storages._rdb import models
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, Table, delete, func, insert, literal, or_, select, update

_STUDIES, _TRIALS, _PARAMS, _VALUES, _USER, _SYSTEM = (
    models.BaseModel.metadata.tables[name]
    for name in (
        "studies", "trials", "trial_params", "trial_values", "trial_user_attributes", "trial_system_attributes"
    )
)  # fmt: skip
"""As tables: through Optuna's objects, which are SQLAlchemy's ORM, a trial takes three times as long."""
_BEYOND_ALL = 2**31 - 1
"""Higher than any trial's id, which PostgreSQL keeps in 32 bits."""


@dataclass
class _OpenTrial:
    """A running trial of this process: as it is now, and what of it the database does not have yet."""

    known: FrozenTrial
    params: dict[str, float] = field(default_factory=dict)
    user_attrs: dict[str, Any] = field(default_factory=dict)
    system_attrs: dict[str, Any] = field(default_factory=dict)
    stored: frozenset[tuple[str, str]] = frozenset()
    """Tables and keys of the attributes that the database has."""


class BatchedStorage(_CachedStorage):
    """Holds the writes to this process's running trials until they end, or until :meth:`flush`.

    A process that is killed loses the attributes of its running trials; the trials themselves stay, as
    running. Other processes' trials are read as ever. Safe with several threads.

    Args:
        backend: the storage that keeps everything.
        look_every: seconds for which what other processes do need not be seen; 0 reads it each time. What they do to
            a trial of this process is found as it is written in any case.
    """

    def __init__(self, backend: RDBStorage, look_every: float = 0.0) -> None:
        super().__init__(backend)
        self._look_every, self._looked = look_every, dict[int, float]()
        self._open: dict[int, _OpenTrial] = {}
        self._own: set[int] = set()
        self._followed: set[int] = set()

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Creates a trial in the database."""
        if template_trial is None:
            return self._create(study_id)
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            known = self._studies[study_id].trials[self._trial_id_to_study_id_and_number[trial_id][1]]
            if known.state == TrialState.RUNNING:
                self._hold(known)
        return trial_id

    def _create(self, study_id: int) -> int:
        """Create an empty trial in one statement; Optuna takes five."""
        started = datetime.now(UTC)
        number = select(func.count()).where(_TRIALS.c.study_id == study_id).scalar_subquery()
        row = (
            _STUDIES.c.study_id,
            number,
            literal(TrialState.RUNNING, _TRIALS.c.state.type),
            literal(_naive(started), _TRIALS.c.datetime_start.type),
        )
        source = select(*row).where(_STUDIES.c.study_id == study_id)
        columns = ["study_id", "number", "state", "datetime_start"]
        query = insert(_TRIALS).from_select(columns, source).returning(_TRIALS.c.trial_id, _TRIALS.c.number)
        with self._backend.engine.begin() as connection:
            if connection.dialect.name != "sqlite":
                # Others wait for the study's row until the number is taken; SQLite lets one write at a time anyway.
                connection.execute(select(_STUDIES.c.study_id).where(_STUDIES.c.study_id == study_id).with_for_update())
            made = connection.execute(query).first()
        if made is None:
            raise KeyError(f"no study {study_id}")
        known = FrozenTrial(
            number=made.number,
            state=TrialState.RUNNING,
            value=None,
            values=None,
            datetime_start=_local(started),
            datetime_complete=None,
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={},
            trial_id=made.trial_id,
        )
        with self._lock:
            self._studies.setdefault(study_id, _StudyInfo())
            self._add_trials_to_cache(study_id, [known])
            self._hold(known)
        return known._trial_id

    def set_trial_param(
        self, trial_id: int, param_name: str, param_value_internal: float, distribution: BaseDistribution
    ) -> None:
        """Holds a parameter of an open trial."""
        with self._lock:
            trial = self._open.get(trial_id)
            study_id, _ = self._trial_id_to_study_id_and_number.get(trial_id, (None, None))
            before = None if study_id is None else self._studies[study_id].param_distribution.get(param_name)
            if trial is not None and before is not None:
                check_distribution_compatibility(before, distribution)
                trial.params[param_name] = param_value_internal
                self._set_param(trial, param_name, param_value_internal, distribution)
                return
        super().set_trial_param(trial_id, param_name, param_value_internal, distribution)
        with self._lock:
            if trial is not None:
                self._set_param(trial, param_name, param_value_internal, distribution)

    def set_trial_user_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Holds a user attribute of an open trial."""
        with self._lock:
            if (trial := self._open.get(trial_id)) is not None:
                trial.user_attrs[key] = value
                trial.known.user_attrs = {**trial.known.user_attrs, key: value}
                return
        super().set_trial_user_attr(trial_id, key, value)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        """Holds a system attribute of an open trial."""
        with self._lock:
            if (trial := self._open.get(trial_id)) is not None:
                trial.system_attrs[key] = value
                trial.known.system_attrs = {**trial.known.system_attrs, key: value}
                return
        super().set_trial_system_attr(trial_id, key, value)

    def set_trial_intermediate_value(self, trial_id: int, step: int, intermediate_value: float) -> None:
        """Writes an intermediate value at once."""
        super().set_trial_intermediate_value(trial_id, step, intermediate_value)
        with self._lock:
            if (trial := self._open.get(trial_id)) is not None:
                trial.known.intermediate_values = {**trial.known.intermediate_values, step: intermediate_value}

    def set_trial_state_values(self, trial_id: int, state: TrialState, values: Sequence[float] | None = None) -> bool:
        """Writes a trial's end with all that is held of it; takes a waiting trial when it begins to run."""
        with self._lock:
            trial = self._open.get(trial_id)
        if trial is not None and state.is_finished():
            self._write(trial, state, values)
            return True
        if values is None and state in (TrialState.RUNNING, TrialState.FAIL):
            changed = self._move(trial_id, state)
        else:
            changed = super().set_trial_state_values(trial_id, state, values)
        if changed and state == TrialState.RUNNING:
            known = self._backend.get_trial(trial_id)
            with self._lock:
                self._hold(known)
        return changed

    def _move(self, trial_id: int, state: TrialState) -> bool:
        """Take a waiting trial, or fail a foreign one, in one statement: of several processes one does it.

        Optuna reads the state before it writes it, which on SQLite lets two processes take the same trial.
        """
        taken = state == TrialState.RUNNING
        before = (TrialState.WAITING,) if taken else (TrialState.WAITING, TrialState.RUNNING)
        times = {"datetime_start" if taken else "datetime_complete": _naive(datetime.now(UTC))}
        with self._backend.engine.begin() as connection:
            return self._set_state(connection, trial_id, before, {"state": state, **times})

    def _set_state(
        self, connection: Connection, trial_id: int, before: Sequence[TrialState], values: Mapping[str, Any]
    ) -> bool:
        """Change a trial that is in one of some states; False for one that is in another, and has not ended.

        Raises:
            UpdateFinishedTrialError: it has ended.
            KeyError: there is none.
        """
        here = _TRIALS.c.trial_id == trial_id
        if connection.execute(update(_TRIALS).where(here, _TRIALS.c.state.in_(before)).values(values)).rowcount:
            return True
        state = connection.execute(select(_TRIALS.c.state).where(here)).scalar()
        if state is None:
            raise KeyError(f"no trial {trial_id}")
        self._backend.check_trial_is_updatable(trial_id, state)
        return False

    def flush(self, trial_id: int) -> None:
        """Writes what is held of an open trial, for others to see."""
        with self._lock:
            trial = self._open.get(trial_id)
        if trial is not None:
            self._write(trial)

    def get_trial(self, trial_id: int) -> FrozenTrial:
        """A trial as it is now, what is held included."""
        with self._lock:
            if (trial := self._open.get(trial_id)) is not None:
                return copy.copy(trial.known)
        return super().get_trial(trial_id)

    def _hold(self, known: FrozenTrial) -> None:
        self._own.add(known._trial_id)
        attributes = ((_USER.name, known.user_attrs), (_SYSTEM.name, known.system_attrs))
        stored = frozenset((table, key) for table, given in attributes for key in given)
        self._open[known._trial_id] = _OpenTrial(known, stored=stored)
        self._show(known)

    def _show(self, known: FrozenTrial) -> None:
        """What readers of all trials see: a copy that later writes do not change under them."""
        if place := self._trial_id_to_study_id_and_number.get(known._trial_id):
            self._studies[place[0]].trials[place[1]] = copy.copy(known)

    def _set_param(self, trial: _OpenTrial, name: str, value: float, distribution: BaseDistribution) -> None:
        known = trial.known
        known.params = {**known.params, name: distribution.to_external_repr(value)}
        known.distributions = {**known.distributions, name: distribution}
        self._show(known)

    def _write(self, trial: _OpenTrial, state: TrialState | None = None, values: Sequence[float] | None = None) -> None:
        trial_id = trial.known._trial_id
        ended = datetime.now(UTC)
        # Without an end the state is written as it is, which locks the row for the rest.
        new = {"state": TrialState.RUNNING} if state is None else {"state": state, "datetime_complete": _naive(ended)}
        try:
            with self._backend.engine.begin() as connection:
                self._set_state(connection, trial_id, (TrialState.RUNNING, TrialState.WAITING), new)
                self._write_held(connection, trial)
                if values:
                    connection.execute(insert(_VALUES), _value_rows(trial_id, values))
        except UpdateFinishedTrialError:
            # Another process ended it: it is read as any other's from now on.
            with self._lock:
                self._open.pop(trial_id, None)
                self._own.discard(trial_id)
            raise
        with self._lock:
            trial.stored |= _keys(trial)
            trial.params, trial.user_attrs, trial.system_attrs = {}, {}, {}
            if state is not None:
                trial.known.values = None if values is None else list(values)
                trial.known.datetime_complete = _local(ended)
                trial.known.state = state
                del self._open[trial_id]
            self._show(trial.known)

    @staticmethod
    def _write_held(connection: Connection, trial: _OpenTrial) -> None:
        trial_id, distributions = trial.known._trial_id, trial.known.distributions
        params = [
            {
                "trial_id": trial_id,
                "param_name": name,
                "param_value": value,
                "distribution_json": distribution_to_json(distributions[name]),
            }
            for name, value in trial.params.items()
        ]
        if params:
            connection.execute(insert(_PARAMS), params)
        for table, held in ((_USER, trial.user_attrs), (_SYSTEM, trial.system_attrs)):
            _replace(connection, table, trial_id, held, [key for key in held if (table.name, key) in trial.stored])

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Reads what other processes did; this process's own trials are known."""
        if study_id not in self._followed:
            super()._read_trials_from_remote_storage(study_id)
            with self._lock:
                self._followed.add(study_id)
                for trial in self._open.values():
                    self._show(trial.known)
            return
        now = time.monotonic()
        if now - self._looked.get(study_id, -self._look_every) < self._look_every:
            return
        self._looked[study_id] = now
        with self._lock:
            study = self._studies[study_id]
            fresh = _TRIALS.c.trial_id > study.last_finished_trial_id
            fresh = or_(fresh, _TRIALS.c.trial_id.in_(study.unfinished_trial_ids))
            with self._backend.engine.connect() as connection:
                news = set(connection.scalars(select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id, fresh)))
            foreign = news - self._own
            if foreign:
                self._add_trials_to_cache(study_id, self._backend._get_trials(study_id, None, foreign, _BEYOND_ALL))
            for trial_id in news:
                number = self._trial_id_to_study_id_and_number[trial_id][1]
                if study.trials[number].state.is_finished():
                    study.last_finished_trial_id = max(study.last_finished_trial_id, trial_id)
                    study.unfinished_trial_ids.discard(trial_id)
                else:
                    study.unfinished_trial_ids.add(trial_id)


def _keys(trial: _OpenTrial) -> set[tuple[str, str]]:
    return {(_USER.name, key) for key in trial.user_attrs} | {(_SYSTEM.name, key) for key in trial.system_attrs}


def _replace(connection: Connection, table: Table, trial_id: int, held: dict[str, Any], stored: list[str]) -> None:
    if stored:
        connection.execute(delete(table).where(table.c.trial_id == trial_id, table.c.key.in_(stored)))
    if held:
        rows = [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in held.items()]
        connection.execute(insert(table), rows)


def _naive(time_in_utc: datetime) -> Any:
    """A time as Optuna's tables hold it: in UTC, without saying so."""
    return time_in_utc.replace(tzinfo=None)


def _local(time_in_utc: datetime) -> datetime:
    """A time as Optuna's objects have it: of this machine's clock, without saying so."""
    return time_in_utc.astimezone().replace(tzinfo=None)


def _value_rows(trial_id: int, values: Sequence[float]) -> list[dict[str, Any]]:
    stored = [models.TrialValueModel.value_to_stored_repr(value) for value in values]
    return [
        {"trial_id": trial_id, "objective": objective, "value": number, "value_type": kind}
        for objective, (number, kind) in enumerate(stored)
    ]
