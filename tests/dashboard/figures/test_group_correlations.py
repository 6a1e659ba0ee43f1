import numpy as np
import pandas as pd
import pytest

from backend.analysis import correlation
from backend.spaces import registry
from dashboard.figures.group_correlations import group_correlations

WORDS = registry.get().words


def groups(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    accuracy = pd.Series(rng.normal(90, 2, 100))
    names = pd.Series(pd.Categorical(["0"] * 60 + ["2"] * 40, ["0", "1", "2"], ordered=True))
    return correlation.group_correlations(accuracy + rng.normal(0, 1, 100), accuracy, names, resamples=20)


def test_dots_with_intervals_stand_over_the_groups_sizes() -> None:
    table = groups()
    dots, bars = group_correlations(table, "3×3 convolutions", name="snip", overall=0.5).data
    assert list(dots.x) == list(bars.x) == ["0", "2"]
    assert list(dots.y) == table.loc[["0", "2"], "spearman"].tolist()
    assert dots.y[0] - dots.error_y.arrayminus[0] == pytest.approx(table.loc["0", "spearman_low"])
    assert list(bars.y) == [60, 40]
    assert list(bars.text) == ["60", "40"]


def test_all_cells_are_a_level_and_the_baseline_stands_beside() -> None:
    figure = group_correlations(groups(), "x", name="snip", overall=0.5, baseline=("params", groups(1)))
    assert {shape.y0 for shape in figure.layout.shapes} == {0, 0.5}
    assert [trace.name for trace in figure.data[:2]] == ["params", "snip"]
    unknown = group_correlations(groups(), "x", name="snip", overall=float("nan"))
    assert {shape.y0 for shape in unknown.layout.shapes} == {0}


def test_no_cell_is_said() -> None:
    empty = groups().assign(cells=0)
    assert "No cell" in group_correlations(empty, "x", name="snip", overall=0.1, words=WORDS).layout.annotations[0].text
