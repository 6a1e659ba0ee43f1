"""Keeps a sampler from proposing what a study has: each trial gets a cell of its own."""

import random
from collections.abc import Callable, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from backend.search.space import Candidate, SearchSpace

_STRIDE = 6
"""Changes after which a walk begins anew: by then it is anywhere."""
_LONGEST_WALK = 20 * _STRIDE


class DistinctSampler(BaseSampler):
    """Passes another sampler's proposals on, and walks from each that is known or disconnected to one that is not.

    The walk changes one edge (or width, or depth) at a time at random, so that what it finds is close to what was
    proposed. Where the other sampler proposes nothing, as at the start of a search, a cell is drawn at random.

    Args:
        base: the sampler that proposes.
        space: the cells that it may propose.
        known: whether the search has had a candidate.
        seed: of the walks and random draws.
    """

    def __init__(self, base: BaseSampler, space: SearchSpace, known: Callable[[Candidate], bool], seed: int) -> None:
        self._base, self._space, self._known = base, space, known
        self._random = random.Random(seed)

    def infer_relative_search_space(self, _study: Study, _trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All parameters that have a choice, so that they are drawn together from the first trial on."""
        return dict(self._space.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The parameters of a cell that the search has not had; those proposed, where a long walk finds none."""
        proposed = self._base.sample_relative(study, trial, search_space)
        candidate = self._space.candidate(proposed) if proposed else self._space.draw(self._random)
        parameters = self._space.parameters(self._walk(candidate))
        return {name: parameters[name] for name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The other sampler's value, for a parameter outside the space."""
        return self._base.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tells the other sampler that a trial begins."""
        self._base.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Tells the other sampler that a trial has ended."""
        self._base.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Gives other random numbers, as Optuna asks for in a new process."""
        self._base.reseed_rng()
        self._random.seed()

    def _walk(self, start: Candidate) -> Candidate:
        at = start
        for step in range(1, _LONGEST_WALK):
            if at.cell.connected and not self._known(at):
                return at
            at = self._space.edited(at if step % _STRIDE else start, self._random)
        return start
