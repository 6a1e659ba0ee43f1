"""Ranks, percentiles and gaps against their definitions."""

import math

import pandas as pd
import pytest

from backend.analysis.distribution import standings
from backend.truth import measures
from backend.truth.lookup import OPTIMA

NAN = math.nan


def test_equal_cells_share_the_better_rank_and_unknown_ones_have_none() -> None:
    table = standings(pd.Series([90.0, 94.0, NAN, 90.0, 10.0], index=[7, 8, 9, 10, 11]))
    assert table["rank"].dropna().to_dict() == {7: 2, 8: 1, 10: 2, 11: 4}
    assert table["percentile"].dropna().to_dict() == {7: 75, 8: 100, 10: 75, 11: 25}
    assert table["gap"].dropna().to_dict() == {7: 4, 8: 0, 10: 4, 11: 84}
    assert table.loc[9].isna().all()


def test_of_a_cost_the_lowest_is_the_best() -> None:
    table = standings(pd.Series([3.0, 1.0, 2.0]), "minimize")
    assert table["rank"].tolist() == [3, 1, 2]
    assert table["percentile"].tolist() == pytest.approx([100 / 3, 100, 200 / 3])
    assert table["gap"].tolist() == [2, 0, 1]
    assert table["value"].tolist() == [3, 1, 2]


@pytest.mark.parametrize(
    ("dataset", "best"), [("cifar10", 6111), ("cifar100", 9930), ("ImageNet16-120", 857), ("cifar10-valid", None)]
)
def test_the_optimum_of_the_space_is_first(dataset: str, best: int | None) -> None:
    table = standings(measures.values(measures.accuracy(dataset, 200)))
    first = table[table["rank"] == 1]
    assert set(first["value"]) == {OPTIMA[dataset]}
    assert set(first["percentile"]) == {100}
    assert best is None or best in first.index
