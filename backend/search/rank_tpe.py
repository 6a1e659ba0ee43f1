"""TPE on the sum of log ranks: many objectives at the price of one."""

import copy
from collections.abc import Container
from typing import Any, cast

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from backend.analysis.log_ranks import log_rank_sums


class RankTPESampler(TPESampler):
    """TPE whose good trials are those with the highest sum of log ranks over the objectives.

    TPE for several objectives takes the trials of the Pareto front that span the largest hypervolume. With many
    objectives most trials are on the front, so it chooses among hundreds, in a time that grows without bound, and what
    it prefers are extremes. A sum of log ranks needs no scales, punishes a cell that is last in anything, and costs a
    sort.
    """

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draws the parameters of a trial together, as Optuna asks a sampler to."""
        return super().sample_relative(cast("Study", _Ranked(study)), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draws one parameter of a trial, as Optuna asks a sampler to."""
        return super().sample_independent(cast("Study", _Ranked(study)), trial, param_name, param_distribution)


class _Ranked:
    """A study as TPE reads it, with one objective in place of several: the sum of log ranks, to maximise."""

    directions = (StudyDirection.MAXIMIZE,)
    direction = StudyDirection.MAXIMIZE

    def __init__(self, study: Study) -> None:
        self._study = study
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
            self._read[key] = self._ranked(self._study._get_trials(deepcopy, states, use_cache))
        return self._read[key]

    def _ranked(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        complete = [place for place, trial in enumerate(trials) if trial.state == TrialState.COMPLETE]
        if not complete:
            return trials
        upward = [1.0 if way == StudyDirection.MAXIMIZE else -1.0 for way in self._study.directions]
        sums = log_rank_sums(np.array([trials[place].values for place in complete]) * upward)
        shown = list(trials)
        for place, value in zip(complete, sums, strict=True):
            shown[place] = copy.copy(trials[place])
            shown[place].values = [float(value)]
        return shown
