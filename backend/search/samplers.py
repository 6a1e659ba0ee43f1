"""The samplers by the names that a search file gives them; every argument is explicit, as defaults change."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, QMCSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from backend.analysis.rank_statistics import log_rank_sums
from backend.config.model import SearchConfig
from backend.config.objectives import sampler_used
from backend.config.sections import SearchSetup
from backend.spaces.base import Architecture
from backend.spaces.capabilities import FixedDistributions
from backend.storage.optuna_internals.study_views import with_one_objective, with_running
from backend.storage.optuna_internals.tpe import RememberingTPESampler


class RankTPESampler(RememberingTPESampler):
    """TPE whose good trials are those with the highest sum of log ranks over the objectives.

    TPE for several objectives takes the trials of the Pareto front that span the largest hypervolume. With many
    objectives most trials are on the front, so it chooses among hundreds, in a time that grows without bound, and what
    it prefers are extremes. A sum of log ranks needs no scales, punishes what is last in anything, and costs a sort.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._copies: dict[int, FrozenTrial] = {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draws the parameters of a trial together, as Optuna asks a sampler to."""
        return super().sample_relative(_ranked(study, self._copies), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draws one parameter of a trial, as Optuna asks a sampler to."""
        return super().sample_independent(_ranked(study, self._copies), trial, param_name, param_distribution)


def _ranked(study: Study, copies: dict[int, FrozenTrial]) -> Study:
    """The study as TPE reads it, with one objective in place of several: the sum of log ranks, to maximise."""
    upward = [1.0 if way == StudyDirection.MAXIMIZE else -1.0 for way in study.directions]

    def sums(trials: Sequence[FrozenTrial]) -> Sequence[float]:
        return list(log_rank_sums(np.array([trial.values for trial in trials]) * upward))

    return with_one_objective(study, sums, copies)


class _WrappedSampler(BaseSampler):
    """A sampler that changes what another one sees or proposes: the other one is told of every trial.

    Args:
        base: the other one.
    """

    def __init__(self, base: BaseSampler) -> None:
        self._base = base

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        """Tells the other sampler that a trial begins."""
        self._base.before_trial(study, trial)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        """Tells the other sampler that a trial has ended."""
        self._base.after_trial(study, trial, state, values)

    def reseed_rng(self) -> None:
        """Gives other random numbers, as Optuna asks for in a new process."""
        self._base.reseed_rng()


class DelayedSampler(_WrappedSampler):
    """Shows another sampler some trials as running still, whether they have ended or not.

    Args:
        base: the sampler that proposes.
        hidden: numbers of these trials; changed by whoever asks, between two proposals.
    """

    def __init__(self, base: BaseSampler, hidden: Collection[int]) -> None:
        super().__init__(base)
        self._hidden = hidden

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """The other sampler's, as Optuna asks a sampler to."""
        return self._base.infer_relative_search_space(with_running(study, self._hidden), trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Draws the parameters of a trial together, as Optuna asks a sampler to."""
        return self._base.sample_relative(with_running(study, self._hidden), trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """Draws one parameter of a trial, as Optuna asks a sampler to."""
        shown = with_running(study, self._hidden)
        return self._base.sample_independent(shown, trial, param_name, param_distribution)


_STRIDE = 6
"""Changes after which a walk begins anew: by then it is anywhere."""
_LONGEST_WALK = 20 * _STRIDE
_REAL_CHOICES = 100
_MOST_LISTED = 20_000
"""Combinations of parameters that are tried one by one where a walk finds nothing new."""


class DistinctSampler(_WrappedSampler):
    """Passes another sampler's proposals on, and walks from each that is known or invalid to one that is not.

    The walk changes one parameter at a time at random, so that what it finds is close to what was proposed; it ends at
    what keeps the constraints. Where the other sampler proposes nothing, as at the start of a search, an architecture
    is drawn at random.

    Args:
        base: the sampler that proposes.
        space: what it may propose.
        known: whether the search has had an architecture.
        seed: of the walks and random draws.
        keeps: whether an architecture keeps the constraints; None where all do.
    """

    def __init__(
        self,
        base: BaseSampler,
        space: FixedDistributions,
        known: Callable[[Architecture], bool],
        seed: int,
        keeps: Callable[[Architecture], bool] | None = None,
    ) -> None:
        super().__init__(base)
        self._space, self._known, self._keeps = space, known, keeps
        self._random = random.Random(seed)
        self._choices = {name: _choices(kind) for name, kind in space.distributions.items()}

    def infer_relative_search_space(self, _study: Study, _trial: FrozenTrial) -> dict[str, BaseDistribution]:
        """All parameters that have a choice, so that they are drawn together from the first trial on."""
        return dict(self._space.distributions)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """The parameters of an architecture that the search has not had; those proposed, where a walk finds none."""
        proposed = self._base.sample_relative(study, trial, search_space)
        start = dict(self._space.of_params(proposed or self._drawn()).params)
        parameters = self._walk(start)
        return {name: parameters[name] for name in search_space}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """The other sampler's value, for a parameter outside the space."""
        return self._base.sample_independent(study, trial, param_name, param_distribution)

    def reseed_rng(self) -> None:
        """Gives other random numbers, as Optuna asks for in a new process."""
        super().reseed_rng()
        self._random.seed()

    def _drawn(self) -> dict[str, Any]:
        """Parameters at random, all choices alike."""
        return {name: self._random.choice(choices) for name, choices in self._choices.items()}

    def _edited(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters that differ in one, at random; the same ones in a space without a choice."""
        edited = dict(parameters)
        if self._choices:
            name = self._random.choice(list(self._choices))
            edited[name] = self._random.choice([choice for choice in self._choices[name] if choice != edited[name]])
        return edited

    def _walk(self, start: dict[str, Any]) -> dict[str, Any]:
        at, found, changes, before = start, None, 0, None
        for _ in range(1, _LONGEST_WALK):
            architecture = self._space.of_params(at)
            # Where a space makes the nearest architecture of its own of parameters, many changes may make none.
            changes += architecture != before
            before = architecture
            if not architecture.invalid and not self._known(architecture):
                # What was proposed is passed on even so: the sampler learns from what breaks a constraint.
                # What a space makes of the parameters may be another architecture's than they say.
                made = dict(architecture.params)
                if at is start or self._keeps is None or self._keeps(architecture):
                    return made
                found = found or made
            if changes == _STRIDE:
                at, changes = start, 0
            at = self._edited(at)
        return found or self._unseen() or start

    def _unseen(self) -> dict[str, Any] | None:
        """What a walk missed, by trying all there is in random order; None where nothing is left, or it is too much."""
        shape = [len(choices) for choices in self._choices.values()]
        if math.prod(shape) > _MOST_LISTED:
            return None
        for place in self._random.sample(range(math.prod(shape)), math.prod(shape)):
            chosen = np.unravel_index(place, shape) if shape else ()
            pairs = zip(self._choices.items(), chosen, strict=True)
            architecture = self._space.of_params({name: choices[int(at)] for (name, choices), at in pairs})
            if not architecture.invalid and not self._known(architecture):
                return dict(architecture.params)
        return None


def _choices(kind: BaseDistribution) -> Sequence[Any]:
    """All values of a distribution; of one of real numbers some, spread evenly."""
    if isinstance(kind, CategoricalDistribution):
        return kind.choices
    if isinstance(kind, IntDistribution):
        return range(kind.low, kind.high + 1, kind.step)
    assert isinstance(kind, FloatDistribution)
    if kind.step:
        return [kind.low + kind.step * place for place in range(int((kind.high - kind.low) / kind.step + 1e-9) + 1)]
    spaced = np.geomspace if kind.log else np.linspace
    return [float(value) for value in spaced(kind.low, kind.high, _REAL_CHOICES)]


def build_sampler(config: SearchConfig, seed: int) -> BaseSampler:
    """The sampler that a search's file names.

    Args:
        config: sampler name, number of parallel jobs, and objectives.
        seed: seed of this sampler; a resumed run passes another one than the run before it.
    """
    return _BUILDERS[sampler_used(config)](config.setup, seed)


def _tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    return RememberingTPESampler(seed=seed, **_tpe_arguments(setup))


def _rank_tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    return RankTPESampler(seed=seed, **_tpe_arguments(setup))


def _tpe_arguments(setup: SearchSetup) -> dict[str, Any]:
    # multivariate: parameters are chosen together; the liar only helps when several trials run at once.
    return {
        "n_startup_trials": 10,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": False,
        "constant_liar": setup.n_jobs != 1 or setup.n_workers > 1,
    }


def _nsgaii(_: SearchSetup, seed: int) -> BaseSampler:
    return NSGAIISampler(population_size=50, mutation_prob=None, crossover_prob=0.9, swapping_prob=0.5, seed=seed)


def _nsgaiii(_: SearchSetup, seed: int) -> BaseSampler:
    return NSGAIIISampler(
        population_size=50,
        mutation_prob=None,
        crossover_prob=0.9,
        swapping_prob=0.5,
        seed=seed,
        dividing_parameter=3,
    )


def _random(_: SearchSetup, seed: int) -> BaseSampler:
    return RandomSampler(seed=seed)


def _qmc(_: SearchSetup, seed: int) -> BaseSampler:
    return QMCSampler(
        qmc_type="sobol",
        scramble=True,
        seed=seed,
        warn_asynchronous_seeding=False,
        warn_independent_sampling=False,
    )


_BUILDERS: dict[str, Callable[[SearchSetup, int], BaseSampler]] = {
    "tpe": _tpe,
    "rank_tpe": _rank_tpe,
    "nsgaii": _nsgaii,
    "nsgaiii": _nsgaiii,
    "random": _random,
    "qmc": _qmc,
}
