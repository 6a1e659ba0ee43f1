"""TPE on log ranks: goes where all objectives are good, whatever their scales, and stays quick with many."""

import numpy as np
import optuna
import pytest

from backend.config.advice import notices
from backend.search.samplers import RankTPESampler, build_sampler
from tests.conftest import cheap_config


def best_x(scale: float, directions: list[str], seed: int) -> float:
    """Mean x of the last trials of a search whose objectives are all best at x = "d"."""
    study = optuna.create_study(
        directions=directions, sampler=RankTPESampler(seed=seed, multivariate=True, n_startup_trials=10)
    )
    for _ in range(80):
        trial = study.ask()
        cost = "dcbafegh".index(trial.suggest_categorical("x", list("abcdefgh")))
        cost += "dabcefgh".index(trial.suggest_categorical("y", list("abcdefgh")))
        values = [cost * scale**k if way == "minimize" else -cost * scale**k for k, way in enumerate(directions)]
        study.tell(trial, values)
    late = study.trials[40:]
    return float(np.mean([trial.params["x"] == "d" for trial in late]))


@pytest.mark.parametrize("directions", [["maximize"], ["maximize", "minimize"], ["minimize", "maximize"] * 4])
def test_the_search_goes_where_every_objective_is_good(directions: list[str]) -> None:
    assert np.mean([best_x(1000.0, directions, seed) for seed in range(3)]) > 0.4


def test_scales_play_no_part() -> None:
    both = ["maximize", "minimize"]
    assert best_x(1.0, both, 0) == best_x(1e6, both, 0)


def test_trials_keep_their_values() -> None:
    study = optuna.create_study(
        directions=["maximize", "minimize"], sampler=RankTPESampler(seed=0, multivariate=True, n_startup_trials=2)
    )
    for number in range(6):
        trial = study.ask()
        trial.suggest_categorical("x", ["a", "b"])
        study.tell(trial, [float(number), -float(number)])
    assert [trial.values for trial in study.trials] == [[float(n), -float(n)] for n in range(6)]


@pytest.mark.parametrize(("objectives", "ranked"), [(3, False), (4, True)])
def test_tpe_with_more_than_three_objectives_learns_from_ranks_and_says_so(objectives: int, ranked: bool) -> None:
    names = ["l2_norm", "params", "flops", "naswot"]
    metrics = {name: {"scale": float(place < objectives)} for place, name in enumerate(names)}
    config = cheap_config(metrics=metrics, setup={"sampler": "tpe"})
    assert isinstance(build_sampler(config, 0), RankTPESampler) == ranked
    assert any("sum of log ranks" in line for line in notices(config)) == ranked
