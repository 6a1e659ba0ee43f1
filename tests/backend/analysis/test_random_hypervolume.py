"""Simulated random search against what is known exactly: of one objective, and of all cells."""

import numpy as np
import pandas as pd
import pytest

from backend.analysis.hypervolume import hypervolume_curve, objective_box
from backend.analysis.random_hypervolume import random_hypervolume
from backend.analysis.search_curves import best_of_random

WAYS = {"a": "maximize", "b": "minimize"}


@pytest.fixture
def space() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(1).random((400, 2)), columns=list(WAYS))


def test_of_one_objective_it_is_the_best_of_random_cells(space: pd.DataFrame) -> None:
    one = space[["a"]]
    draws = [1, 5, 50, 400]
    box = pd.DataFrame({"worst": [0.0], "best": [1.0]}, index=["a"])
    simulated = random_hypervolume(one, box, draws)
    exact = best_of_random(one["a"], draws)
    assert np.abs(simulated - exact).iloc[1:].max(axis=None) < 0.08
    assert simulated.loc[400].tolist() == pytest.approx([one["a"].max()] * 3)


def test_with_all_cells_drawn_it_is_that_of_the_whole_space(space: pd.DataFrame) -> None:
    space.loc[7, "a"] = np.nan
    box = objective_box([space], WAYS)
    band = random_hypervolume(space, box, [10, 100, 400])
    assert band.loc[400].tolist() == pytest.approx([hypervolume_curve(space, box)["hypervolume"].iloc[-1]] * 3)
    assert band["median"].is_monotonic_increasing
    assert (band["low"] <= band["high"]).all()
