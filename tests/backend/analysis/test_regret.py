"""Where a study's cells lie in the space."""

import math

import pandas as pd
import pytest

from backend.analysis.regret import benchmark_cells, placed, regret
from backend.spaces.nas_bench_201.space import NasBench201

ACCURACY = pd.Series([50.0, 60.0, 70.0, 80.0, 90.0, math.nan])


@pytest.fixture
def trials() -> pd.DataFrame:
    """Cells 3 (recommended), 1 and 0 count; a repeat, another width, a disconnected and a running one do not."""
    return pd.DataFrame(
        {
            "number": range(7),
            "state": ["complete", "complete", "repeat", "complete", "disconnected", "complete", "running"],
            "architecture": [*"dbdecax"],
            "index": [3.0, 1.0, 3.0, 4.0, 2.0, 0.0, math.nan],
            "C": [16, 16, 16, 32, 16, 16, math.nan],
            "N": [5, 5, 5, 5, 5, 5, math.nan],
            "pareto": [True, False, False, True, False, False, False],
        }
    )


def test_distinct_scored_cells_of_the_benchmarks_size_count(trials: pd.DataFrame) -> None:
    cells = benchmark_cells(trials, NasBench201())
    assert cells.to_dict("list") == {"number": [0, 1, 5], "index": [3, 1, 0], "recommended": [True, False, False]}


@pytest.mark.parametrize("columns", [["number", "state"], ["number", "state", "pareto"]])
def test_a_study_that_names_no_cells_has_none(trials: pd.DataFrame, columns: list[str]) -> None:
    cells = benchmark_cells(trials[columns], NasBench201())
    assert list(cells) == ["number", "index", "recommended"]
    assert cells.empty
    found = regret(cells, ACCURACY)
    assert found.optimum.architecture == 4
    assert found.recommended is None
    assert found.found is None


def test_cells_are_placed_among_all(trials: pd.DataFrame) -> None:
    table = placed(benchmark_cells(trials, NasBench201()), ACCURACY)
    assert table["rank"].tolist() == [2, 4, 5]
    assert table["percentile"].tolist() == [80, 40, 20]
    assert table["gap"].tolist() == [10, 30, 40]


def test_recommended_and_found_cells_are_told_apart(trials: pd.DataFrame) -> None:
    trials.loc[[0, 1, 5], "pareto"] = [False, True, True]
    found = regret(benchmark_cells(trials, NasBench201()), ACCURACY)
    assert found.optimum == (4, 90.0, 1, 0.0)
    assert found.recommended == (1, 60.0, 4, 30.0)
    assert found.typical_gap == 35.0
    assert found.found == (3, 80.0, 2, 10.0)
    assert found.allowed is None
    assert regret(benchmark_cells(trials, NasBench201()), ACCURACY, [0, 2, 5]).allowed == (2, 70.0, 3, 20.0)


def test_a_cell_whose_accuracy_is_unknown_has_no_place(trials: pd.DataFrame) -> None:
    trials.loc[0, "index"] = 5
    found = regret(benchmark_cells(trials, NasBench201()), ACCURACY)
    assert found.recommended is None
    assert math.isnan(found.typical_gap)
    assert found.found is not None
    assert found.found.architecture == 1
