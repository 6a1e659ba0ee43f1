"""Optuna's storage with fewer transactions: what a trial of this process is given is written together.

Optuna writes each parameter and attribute of a trial in a transaction of its own, some twenty a trial, which costs more
than proposing the trial does. Here they are written with the trial's state, in one; Optuna's own cached storage, which
this builds on, promises no more than that: preceding writes are stored before the state is.
"""

import copy
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from optuna.distributions import BaseDistribution, check_distribution_compatibility, distribution_to_json
from optuna.exceptions import UpdateFinishedTrialError
from optuna.storages import RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.storages._rdb import models
from optuna.storages._rdb.storage import _create_scoped_session
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import Session

_AttributeModel = type[models.TrialUserAttributeModel] | type[models.TrialSystemAttributeModel]
_BEYOND_ALL = 2**31 - 1
"""Higher than any trial's id, which PostgreSQL keeps in 32 bits."""


@dataclass
class _OpenTrial:
    """A running trial of this process: as it is now, and what of it the database does not have yet."""

    known: FrozenTrial
    params: dict[str, float] = field(default_factory=dict)
    user_attrs: dict[str, Any] = field(default_factory=dict)
    system_attrs: dict[str, Any] = field(default_factory=dict)


class BatchedStorage(_CachedStorage):
    """Holds the writes to this process's running trials until they end, or until :meth:`flush`.

    A process that is killed loses the attributes of its running trials; the trials themselves stay, as
    running. Other processes' trials are read as ever. Safe with several threads.

    Args:
        backend: the storage that keeps everything.
    """

    def __init__(self, backend: RDBStorage) -> None:
        super().__init__(backend)
        self._open: dict[int, _OpenTrial] = {}
        self._own: set[int] = set()
        self._followed: set[int] = set()

    def create_new_trial(self, study_id: int, template_trial: FrozenTrial | None = None) -> int:
        """Creates a trial in the database."""
        trial_id = super().create_new_trial(study_id, template_trial)
        with self._lock:
            known = self._studies[study_id].trials[self._trial_id_to_study_id_and_number[trial_id][1]]
            if known.state == TrialState.RUNNING:
                self._hold(known)
        return trial_id

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
        moment = {"datetime_start" if taken else "datetime_complete": datetime.now()}
        with _create_scoped_session(self._backend.scoped_session) as session:
            query = update(models.TrialModel).where(
                models.TrialModel.trial_id == trial_id, models.TrialModel.state.in_(before)
            )
            query = query.values(state=state, **moment).returning(models.TrialModel.trial_id)
            changed = session.execute(query, execution_options={"synchronize_session": False})
            moved = changed.first() is not None
            if not moved:
                state_now: Any = models.TrialModel.find_or_raise_by_id(trial_id, session).state
                self._backend.check_trial_is_updatable(trial_id, state_now)
        return moved

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
        self._open[known._trial_id] = _OpenTrial(known)
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
        ended = datetime.now()
        try:
            with _create_scoped_session(self._backend.scoped_session) as session:
                row = models.TrialModel.find_or_raise_by_id(trial_id, session, for_update=True)
                state_now: Any = row.state
                self._backend.check_trial_is_updatable(trial_id, state_now)
                self._write_held(session, trial)
                if values:
                    session.execute(insert(models.TrialValueModel), _value_rows(trial_id, values))
                if state is not None:
                    row.state, row.datetime_complete = state, ended
        except UpdateFinishedTrialError:
            # Another process ended it: it is read as any other's from now on.
            with self._lock:
                self._open.pop(trial_id, None)
                self._own.discard(trial_id)
            raise
        with self._lock:
            trial.params, trial.user_attrs, trial.system_attrs = {}, {}, {}
            if state is not None:
                trial.known.values = None if values is None else list(values)
                trial.known.datetime_complete = ended
                trial.known.state = state
                del self._open[trial_id]
            self._show(trial.known)

    def _write_held(self, session: Session, trial: _OpenTrial) -> None:
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
            session.execute(insert(models.TrialParamModel), params)
        _replace(session, models.TrialUserAttributeModel, trial_id, trial.user_attrs)
        _replace(session, models.TrialSystemAttributeModel, trial_id, trial.system_attrs)

    def _read_trials_from_remote_storage(self, study_id: int) -> None:
        """Reads what other processes did; this process's own trials are known."""
        if study_id not in self._followed:
            super()._read_trials_from_remote_storage(study_id)
            with self._lock:
                self._followed.add(study_id)
                for trial in self._open.values():
                    self._show(trial.known)
            return
        with self._lock:
            study = self._studies[study_id]
            with _create_scoped_session(self._backend.scoped_session) as session:
                news = set(
                    session.scalars(
                        select(models.TrialModel.trial_id).where(
                            models.TrialModel.study_id == study_id,
                            or_(
                                models.TrialModel.trial_id > study.last_finished_trial_id,
                                models.TrialModel.trial_id.in_(study.unfinished_trial_ids),
                            ),
                        )
                    )
                )
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


def _replace(session: Session, model: _AttributeModel, trial_id: int, held: dict[str, Any]) -> None:
    if held:
        session.execute(delete(model).where(model.trial_id == trial_id, model.key.in_(list(held))))
        rows = [{"trial_id": trial_id, "key": key, "value_json": json.dumps(value)} for key, value in held.items()]
        session.execute(insert(model), rows)


def _value_rows(trial_id: int, values: Sequence[float]) -> list[dict[str, Any]]:
    stored = [models.TrialValueModel.value_to_stored_repr(value) for value in values]
    return [
        {"trial_id": trial_id, "objective": objective, "value": number, "value_type": kind}
        for objective, (number, kind) in enumerate(stored)
    ]
