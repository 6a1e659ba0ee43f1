"""A study shown to a sampler in another way than it is stored: with one objective, or with results that are not in."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Container, Sequence
from typing import Any, cast

from optuna import Study
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


def with_one_objective(
    study: Study,
    values: Callable[[Sequence[FrozenTrial]], Sequence[float]],
    copies: dict[int, FrozenTrial] | None = None,
) -> Study:
    """The study as a sampler may read it, with one objective, to maximise, in place of its own.

    Each state of trials is read once, so that it is for one call of a sampler.

    Args:
        study: of any objectives; nothing of it is changed.
        values: gives complete trials, at least one, the value that each has of the objective.
        copies: by number, the complete trials that earlier calls have shown, which get other values now: a copy of
            each for each call takes longer than the sampler.
    """
    return cast("Study", _OneObjective(study, values, {} if copies is None else copies))


def with_running(study: Study, numbers: Collection[int]) -> Study:
    """The study as a sampler may read it, in which some trials still run, whether they have ended or not.

    Each state of trials is read once, so that it is for one call of a sampler.

    Args:
        study: nothing of it is changed.
        numbers: of the trials.
    """
    return cast("Study", _Running(study, numbers)) if numbers else study


class _View(ABC):
    """A study whose trials are changed as they are read; all else is the study's own."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._read: dict[frozenset[TrialState], list[FrozenTrial]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        key = frozenset(state for state in TrialState if states is None or state in states)
        if key not in self._read:
            self._read[key] = self._changed(key, deepcopy, use_cache)
        return self._read[key]

    @abstractmethod
    def _changed(self, states: frozenset[TrialState], deepcopy: bool, use_cache: bool) -> list[FrozenTrial]: ...


class _OneObjective(_View):
    directions = (StudyDirection.MAXIMIZE,)
    direction = StudyDirection.MAXIMIZE

    def __init__(
        self,
        study: Study,
        values: Callable[[Sequence[FrozenTrial]], Sequence[float]],
        copies: dict[int, FrozenTrial],
    ) -> None:
        super().__init__(study)
        self._values, self._copies = values, copies

    def _is_multi_objective(self) -> bool:
        return False

    def _changed(self, states: frozenset[TrialState], deepcopy: bool, use_cache: bool) -> list[FrozenTrial]:
        trials = self._study._get_trials(deepcopy, states, use_cache)
        complete = [place for place, trial in enumerate(trials) if trial.state == TrialState.COMPLETE]
        if not complete:
            return trials
        shown = list(trials)
        for place, value in zip(complete, self._values([trials[place] for place in complete]), strict=True):
            number = trials[place].number
            if number not in self._copies:
                self._copies[number] = copy.copy(trials[place])
            shown[place] = self._copies[number]
            shown[place].values = [float(value)]
        return shown


class _Running(_View):
    def __init__(self, study: Study, numbers: Collection[int]) -> None:
        super().__init__(study)
        self._numbers = frozenset(numbers)

    def _changed(self, states: frozenset[TrialState], deepcopy: bool, _use_cache: bool) -> list[FrozenTrial]:
        # What this process has done since a proposal began, another look at the database would not find either.
        trials = self._study._get_trials(deepcopy, None, use_cache=True)
        shown = (_as_running(trial) if trial.number in self._numbers else trial for trial in trials)
        return [trial for trial in shown if trial.state in states]


def _as_running(trial: FrozenTrial) -> FrozenTrial:
    if not trial.state.is_finished():
        return trial
    shown = copy.copy(trial)
    shown.state, shown.values, shown.datetime_complete = TrialState.RUNNING, None, None
    return shown
