import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from backend.costs.constraints import Constraint
from backend.spaces.base import Words
from dashboard.figures import progress_chart
from dashboard.figures.progress import BEST
from dashboard.figures.template import INFEASIBLE


@pytest.fixture
def trials() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "number": [0, 1, 2, 3],
            "state": ["complete", "disconnected", "complete", "repeat"],
            "arch": ["a", "b", "c", "a"],
            "snip": [5.0, None, 3.0, 5.0],
        }
    )


def trace(figure: go.Figure, name: str) -> go.Scatter:
    return next(item for item in figure.data if item.name == name)


@pytest.mark.parametrize(("direction", "best"), [("maximize", [5, 5, 5]), ("minimize", [5, 3, 3])])
def test_the_best_so_far_follows_the_direction(trials: pd.DataFrame, direction: str, best: list[float]) -> None:
    line = trace(progress_chart(trials, "snip", direction), BEST)
    assert list(line.x) == [0, 2, 3]
    assert list(line.y) == best


@pytest.mark.parametrize(("direction", "value"), [("maximize", np.inf), ("minimize", -np.inf), ("maximize", -np.inf)])
def test_an_infinite_value_leaves_the_best_so_far(trials: pd.DataFrame, direction: str, value: float) -> None:
    trials.loc[0, "snip"] = value
    line = trace(progress_chart(trials, "snip", direction), BEST)
    assert (list(line.x), list(line.y)) == ([2, 3], [3, 5 if direction == "maximize" else 3])
    assert "infinite" in progress_chart(trials.iloc[:2], "snip", direction).layout.annotations[0].text


def test_a_cell_that_breaks_a_constraint_is_never_the_best_so_far(trials: pd.DataFrame) -> None:
    trials.loc[2, "state"] = "infeasible"
    figure = progress_chart(trials, "snip", "minimize", bounds=[Constraint("params", 4.0)])
    assert list(trace(figure, BEST).y) == [5, 5]
    assert list(trace(figure, INFEASIBLE).x) == [2]
    assert figure.layout.shapes[0].y0 == 4.0


def test_repeats_are_told_from_distinct_cells(trials: pd.DataFrame) -> None:
    figure = progress_chart(trials, "snip", "maximize", words=Words("cell", "cells"))
    assert list(trace(figure, "Distinct cell").x) == [0, 2]
    assert list(trace(figure, "Repeated cell").x) == [3]


def test_the_axis_leaves_room_for_the_trials_asked(trials: pd.DataFrame) -> None:
    assert progress_chart(trials, "snip", "maximize", asked=50).layout.xaxis.range[1] == 50
    assert progress_chart(trials, "snip", "maximize", asked=2).layout.xaxis.range[1] == 4


def test_the_optimum_is_a_level(trials: pd.DataFrame) -> None:
    (level,) = progress_chart(trials, "snip", "maximize", optimum=94.3733, allowed=94.3733).layout.shapes
    assert level.y0 == pytest.approx(94.3733)
    assert level.name == "Best of space: 94.37"


def test_what_a_search_allows_is_a_level_of_its_own(trials: pd.DataFrame) -> None:
    levels = progress_chart(trials, "snip", "maximize", optimum=94.3733, allowed=91.3).layout.shapes
    assert {level.name: level.y0 for level in levels} == {
        "Best of space: 94.37": 94.3733,
        "Best allowed: 91.30": 91.3,
    }


def test_before_the_first_value_the_chart_says_what_comes(trials: pd.DataFrame) -> None:
    figure = progress_chart(trials.iloc[:0], "snip", "maximize", asked=10, words=Words("cell", "cells"))
    assert "first scored cell" in figure.layout.annotations[0].text
