"""The samplers by the names that a search file gives them; every argument is explicit, as defaults change."""

from collections.abc import Callable

from optuna.samplers import BaseSampler, NSGAIIISampler, NSGAIISampler, QMCSampler, RandomSampler, TPESampler

from backend.search.rank_tpe import RankTPESampler
from backend.search.sections import SearchSetup


def build_sampler(setup: SearchSetup, seed: int) -> BaseSampler:
    """The sampler that ``setup`` names.

    Args:
        setup: sampler name and number of parallel jobs.
        seed: seed of this sampler; a resumed run passes another one than the run before it.
    """
    return _BUILDERS[setup.sampler](setup, seed)


def _tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    # multivariate: cells repeat three times less often; the liar only helps when several cells are in work.
    return TPESampler(
        n_startup_trials=10,
        n_ei_candidates=24,
        seed=seed,
        multivariate=True,
        group=False,
        constant_liar=setup.n_jobs > 1,
    )


def _rank_tpe(setup: SearchSetup, seed: int) -> BaseSampler:
    return RankTPESampler(
        n_startup_trials=10,
        n_ei_candidates=24,
        seed=seed,
        multivariate=True,
        group=False,
        constant_liar=setup.n_jobs > 1,
    )


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
