"""The samplers by the names that a search file gives them; every argument is explicit, as defaults change."""

from collections.abc import Callable
from typing import Any

from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, QMCSampler, RandomSampler, TPESampler

from backend.search.config import SearchConfig
from backend.search.objectives import Objectives
from backend.search.rank_tpe import RankTPESampler
from backend.search.sections import SamplerName, SearchSetup

_MOST_BY_HYPERVOLUME = 3


def build_sampler(config: SearchConfig, seed: int) -> BaseSampler:
    """The sampler that a search's file names.

    Args:
        config: sampler name, number of parallel jobs, and objectives.
        seed: seed of this sampler; a resumed run passes another one than the run before it.
    """
    return _BUILDERS[sampler_used(config)](config.setup, seed)


def sampler_used(config: SearchConfig) -> SamplerName:
    """The sampler's name; "rank_tpe" for "tpe" with many objectives, whose trials would cost seconds, then minutes."""
    name = config.setup.sampler
    return "rank_tpe" if name == "tpe" and len(Objectives(config).names) > _MOST_BY_HYPERVOLUME else name


def _tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    return TPESampler(seed=seed, **_tpe_arguments(setup))


def _rank_tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    return RankTPESampler(seed=seed, **_tpe_arguments(setup))


def _tpe_arguments(setup: SearchSetup) -> dict[str, Any]:
    # multivariate: edges are chosen together; the liar only helps when several cells are in work.
    return {
        "n_startup_trials": 10,
        "n_ei_candidates": 24,
        "multivariate": True,
        "group": False,
        "constant_liar": setup.n_jobs > 1 or setup.n_workers > 1,
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
