"""The best of random draws against all draws that there are."""

import itertools

import numpy as np
import pandas as pd
import pytest

from backend import truth as benchmark
from backend.analysis.search_curves import QUANTILES, best_of_random

ACCURACIES = pd.Series([70.0, 10.0, 91.0, 88.0, 88.0, 60.0, 93.0, 92.0, 45.0, np.nan])


@pytest.mark.parametrize("k", [1, 2, 3, 5, 8, 9])
def test_quartiles_are_those_of_all_choices(k: int) -> None:
    best = [max(chosen) for chosen in itertools.combinations(ACCURACIES.dropna(), k)]
    found = best_of_random(ACCURACIES, [k]).loc[k]
    expected = np.quantile(best, QUANTILES, method="inverted_cdf")
    assert found.tolist() == pytest.approx(expected.tolist())


def test_more_draws_find_better_cells_and_all_draws_the_best() -> None:
    accuracies = benchmark.test_accuracy("cifar10", 200)
    found = best_of_random(accuracies, [1, 10, 100, 1000, len(accuracies)])
    assert found["median"].is_monotonic_increasing
    assert (found["low"] <= found["median"]).all()
    assert found.loc[1, "median"] == pytest.approx(np.quantile(accuracies, 0.5, method="inverted_cdf"))
    assert found.loc[len(accuracies)].tolist() == pytest.approx([benchmark.OPTIMA["cifar10"]] * 3)
