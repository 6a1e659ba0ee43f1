import pandas as pd
import plotly.graph_objects as go
import pytest

from backend.costs.constraints import Constraint
from dashboard.figures import pareto_scatter
from dashboard.figures.pareto import FRONT, others
from dashboard.figures.template import INFEASIBLE


@pytest.fixture
def trials() -> pd.DataFrame:
    """Both up: trials 1, 2 and 3 are the front, 0 is beaten; 4 is disconnected; 5 repeats 1."""
    return pd.DataFrame(
        {
            "number": [0, 1, 2, 3, 4, 5],
            "state": ["complete"] * 4 + ["disconnected", "repeat"],
            "arch": [f"cell {number}" for number in range(6)],
            "index": [10 * number for number in range(6)],
            "a": [1.0, 1.0, 2.0, 3.0, 99.0, 1.0],
            "b": [1.0, 9.0, 5.0, 2.0, 99.0, 9.0],
            "200:test-accuracy": [70.0, 90.0, None, 92.0, None, 90.0],
        }
    )


def numbers(figure: go.Figure, name: str) -> set[int]:
    return {
        int(key[0])
        for trace in figure.data
        if trace.name == name and trace.customdata is not None
        for key in trace.customdata
    }


def line(figure: go.Figure) -> go.Scatter:
    return next(trace for trace in figure.data if trace.mode == "lines")


def test_the_front_is_told_from_the_others(trials: pd.DataFrame) -> None:
    figure = pareto_scatter(trials, "a", "b", directions={"a": "maximize", "b": "maximize"})
    assert numbers(figure, FRONT) == {1, 2, 3}
    assert numbers(figure, others(None)) == {0}


def test_an_infinite_value_counts_for_the_front_and_has_no_place(trials: pd.DataFrame) -> None:
    trials.loc[1, "b"], trials.loc[3, "a"] = float("inf"), float("-inf")
    figure = pareto_scatter(trials, "a", "b", directions={"a": "maximize", "b": "maximize"})
    assert numbers(figure, FRONT) == {2}
    assert numbers(figure, others(None)) == {0}
    assert list(line(figure).x) == [2.0]


def test_disconnected_cells_and_repeats_are_not_drawn(trials: pd.DataFrame) -> None:
    figure = pareto_scatter(trials, "a", "b")
    assert not {4, 5} & (numbers(figure, FRONT) | numbers(figure, others(None)))


def test_cells_that_break_a_constraint_are_crosses_and_never_on_the_front(trials: pd.DataFrame) -> None:
    trials.loc[3, "state"] = "infeasible"
    figure = pareto_scatter(
        trials, "a", "b", directions={"a": "maximize", "b": "maximize"}, bounds={"a": [Constraint("params", 2.5)]}
    )
    assert numbers(figure, FRONT) == {1, 2}
    assert numbers(figure, INFEASIBLE) == {3}
    assert max(line(figure).x) <= 2.5
    (bound,) = figure.layout.shapes
    assert (bound.x0, bound.x1) == (2.5, 2.5)
    assert figure.layout.annotations[0].text == "at most 2.5"


def test_a_study_with_infeasible_cells_alone_shows_them(trials: pd.DataFrame) -> None:
    trials["state"] = "infeasible"
    figure = pareto_scatter(trials, "a", "b", bounds={"b": [Constraint("params", 0.5)]}, selected=2)
    assert numbers(figure, INFEASIBLE) == set(range(6))
    assert not numbers(figure, FRONT)
    assert list(figure.data[-1].x) == [2.0]


@pytest.mark.parametrize(
    ("a", "b", "front", "shape"),
    [
        ("maximize", "maximize", [(1, 9), (2, 5), (3, 2)], "vh"),
        ("minimize", "minimize", [(1, 1)], "hv"),
        ("maximize", "minimize", [(1, 1), (3, 2)], "vh"),
        ("minimize", "maximize", [(1, 9)], "hv"),
    ],
)
def test_the_step_line_follows_the_directions(
    trials: pd.DataFrame, a: str, b: str, front: list[tuple[float, float]], shape: str
) -> None:
    drawn = line(pareto_scatter(trials, "a", "b", directions={"a": a, "b": b}))
    assert list(zip(drawn.x, drawn.y, strict=True)) == front
    assert drawn.line.shape == shape


def test_markers_carry_trial_and_cell(trials: pd.DataFrame) -> None:
    figure = pareto_scatter(trials, "a", "b")
    keys = [list(key) for trace in figure.data if trace.customdata is not None for key in trace.customdata]
    assert [2, 20] in keys


def test_known_truth_is_colour_and_unknown_truth_is_hollow(trials: pd.DataFrame) -> None:
    figure = pareto_scatter(trials, "a", "b", color="200:test-accuracy")
    colored = [trace for trace in figure.data if trace.marker.coloraxis]
    assert sorted(value for trace in colored for value in trace.marker.color) == [70.0, 90.0, 92.0]
    hollow = [trace for trace in figure.data if trace.customdata is not None and not trace.marker.coloraxis]
    assert [trace.marker.symbol for trace in hollow] == ["circle-open"]
    assert [int(trace.customdata[0][0]) for trace in hollow] == [2]
    assert "200 epochs (%)" in figure.layout.coloraxis.colorbar.title.text


def test_the_selected_trial_is_ringed(trials: pd.DataFrame) -> None:
    ring = pareto_scatter(trials, "a", "b", selected=3).data[-1]
    assert (ring.name, list(ring.x), list(ring.y)) == ("Selected", [3.0], [2.0])


@pytest.mark.parametrize("empty", [pd.DataFrame({"number": [], "state": []}), None])
def test_without_values_the_figure_says_so(trials: pd.DataFrame, empty: pd.DataFrame | None) -> None:
    figure = pareto_scatter(trials.iloc[:0] if empty is None else empty, "a", "b")
    assert len(figure.data) == 0
    assert "No completed trial" in figure.layout.annotations[0].text


def test_axes_have_names_and_units(frame: pd.DataFrame) -> None:
    figure = pareto_scatter(frame, "l2_norm", "200:test-accuracy")
    assert figure.layout.xaxis.title.text == "l2_norm"
    assert figure.layout.yaxis.title.text == "True test accuracy, 200 epochs (%)"


def test_an_axis_can_be_logarithmic_and_its_bound_stands_with_its_words(trials: pd.DataFrame) -> None:
    figure = pareto_scatter(trials, "a", "b", bounds={"a": [Constraint("params", 2.0)]}, log=["a"])
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", None)
    assert "log scale" in figure.layout.xaxis.title.text
    assert figure.layout.shapes[0].x0 == 2.0
    assert figure.layout.annotations[0].x == pytest.approx(0.30103, abs=1e-5)
