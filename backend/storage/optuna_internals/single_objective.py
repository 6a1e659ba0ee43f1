"""A study of several objectives, shown to a sampler as one of a single objective."""

from __future__ import annotations

import copy
from collections.abc import Callable, Container, Sequence
from typing import Any, cast

from optuna import Study
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState


def with_one_objective(study: Study, values: Callable[[Sequence[FrozenTrial]], Sequence[float]]) -> Study:
    """The study as a sampler may read it, with one objective, to maximise, in place of its own.

    Each state of trials is read once, so that it is for one call of a sampler.

    Args:
        study: of any objectives; nothing of it is changed.
        values: gives complete trials, at least one, the value that each has of the objective.
    """
    return cast("Study", _OneObjective(study, values))


class _OneObjective:
    directions = (StudyDirection.MAXIMIZE,)
    direction = StudyDirection.MAXIMIZE

    def __init__(self, study: Study, values: Callable[[Sequence[FrozenTrial]], Sequence[float]]) -> None:
        self._study, self._values = study, values
        self._read: dict[frozenset[TrialState], list[FrozenTrial]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _is_multi_objective(self) -> bool:
        return False

    def _get_trials(
        self, deepcopy: bool = True, states: Container[TrialState] | None = None, use_cache: bool = False
    ) -> list[FrozenTrial]:
        key = frozenset(state for state in TrialState if states is None or state in states)
        if key not in self._read:
            self._read[key] = self._changed(self._study._get_trials(deepcopy, states, use_cache))
        return self._read[key]

    def _changed(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        complete = [place for place, trial in enumerate(trials) if trial.state == TrialState.COMPLETE]
        if not complete:
            return trials
        shown = list(trials)
        for place, value in zip(complete, self._values([trials[place] for place in complete]), strict=True):
            shown[place] = copy.copy(trials[place])
            shown[place].values = [float(value)]
        return shown
