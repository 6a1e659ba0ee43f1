"""A study's table of trials, kept in memory while the study grows: only what is new is read and worked in."""

import threading
from typing import NamedTuple

import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.optuna_internals.trial_reader import TrialReader
from backend.studies.summaries import CONFIG
from backend.studies.trial_schema import joined
from backend.studies.trials import REPEAT_OF, mark_front, rows_of, undominated


class Snapshot(NamedTuple):
    """A study's trials at one moment.

    Attributes:
        revision: how many trials there are, and how many of them have ended: it changes whenever the table does.
        frame: as ``backend.studies.trials_frame`` gives it; shared, so copy before you change it.
        front: the study's best trials, as ``backend.studies.best_trials`` gives them.
        ended: the trials that have ended, in the order in which they were read; shared as well.
    """

    revision: tuple[int, int]
    frame: pd.DataFrame
    front: list[FrozenTrial]
    ended: list[FrozenTrial]


class LiveTrials:
    """The trials of one study; safe to use from several threads.

    Args:
        database: where the study is.
        study: of it; its configuration, objectives and directions are taken from here.
    """

    def __init__(self, database: Database, study: optuna.Study) -> None:
        self._study, self._lock = study, threading.Lock()
        # The attributes of a study made elsewhere mean nothing here.
        self._is_own = CONFIG in study.user_attrs
        self._reader = TrialReader(database.engine, study_id_of(study))
        self._ended, self._undominated = rows_of([], study), list[FrozenTrial]()
        self._open, self._trials = list[FrozenTrial](), list[FrozenTrial]()
        self._snapshot = Snapshot((0, 0), mark_front(self._ended, ()), [], [])

    def read(self) -> Snapshot:
        """The study as it is now: trials that ended before the last call are not read again.

        Raises:
            KeyError: it was deleted.
        """
        with self._lock:
            changed = self._reader.read()
            if changed:
                self._work_in(changed)
            return self._snapshot

    def _work_in(self, changed: list[FrozenTrial]) -> None:
        fresh = [trial for trial in changed if trial.state.is_finished()]
        open_before, self._open = len(self._open), [trial for trial in changed if not trial.state.is_finished()]
        if not fresh and len(self._open) == open_before:
            return
        if fresh:
            self._trials.extend(fresh)
            if self._is_own:
                self._ended = joined([self._ended, rows_of(fresh, self._study)])
            # What no trial beats among all is what no trial beats among the old ones of that kind and the new.
            self._undominated = undominated([*self._undominated, *fresh], self._study)
        frame = self._whole()
        if not frame["number"].is_monotonic_increasing:
            frame = frame.sort_values("number", ignore_index=True)
        front = [trial for trial in self._undominated if not (self._is_own and REPEAT_OF in trial.user_attrs)]
        revision = (len(frame), len(self._trials))
        self._snapshot = Snapshot(revision, mark_front(frame, {trial.number for trial in front}), front, self._trials)

    def _whole(self) -> pd.DataFrame:
        if not self._is_own:
            # Of what kind such a study's columns are depends on all of their values.
            return rows_of([*self._trials, *self._open], self._study)
        return joined([self._ended, rows_of(self._open, self._study)])
