import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from backend.analysis.pareto import pareto_front
from backend.costs.constraints import Constraint
from backend.spaces import registry
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.figures import space_scatter
from dashboard.figures.space_scatter import FRONT, RECOMMENDED, TRIALS

WORDS = registry.get().words

ACCURACY = measures.accuracy("cifar10", 200)
TPU = measures.find_cost("latency:edgetpu", "cifar10", 200)
OTHER = measures.accuracy("cifar100", 200)


def front_of(table: pd.DataFrame, x: Measure, y: Measure) -> pd.Series:
    return pareto_front(table, {x.sourced: x.better, y.sourced: y.better})


def cells(figure: go.Figure, name: str) -> list[int]:
    return [int(cell) for trace in figure.data if trace.name == name for cell in trace.customdata]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return measures.measured([TPU, ACCURACY, OTHER])


def test_every_supported_cell_is_drawn_once_with_webgl(table: pd.DataFrame) -> None:
    figure = space_scatter(table, TPU, ACCURACY, front=front_of(table, TPU, ACCURACY))
    assert {trace.type for trace in figure.data if trace.mode == "markers"} == {"scattergl"}
    drawn = cells(figure, "Architectures") + cells(figure, FRONT)
    assert sorted(drawn) == sorted(table[TPU.sourced].dropna().index)
    assert len(drawn) == 15_625 - 4_699


def test_the_front_is_the_true_one_and_its_line_never_promises_more(table: pd.DataFrame) -> None:
    figure = space_scatter(table, TPU, ACCURACY, front=front_of(table, TPU, ACCURACY))
    known = table.dropna()
    for cell in cells(figure, FRONT):
        cheaper = known[known[TPU.sourced] <= known.loc[cell, TPU.sourced]]
        assert known.loc[cell, ACCURACY.sourced] == cheaper[ACCURACY.sourced].max()
    (line,) = [trace for trace in figure.data if trace.mode == "lines"]
    assert line.line.shape == "hv"
    assert (np.diff(line.x) >= 0).all()
    assert (np.diff(line.y) >= 0).all()


def test_a_front_of_two_accuracies_falls(table: pd.DataFrame) -> None:
    figure = space_scatter(table, OTHER, ACCURACY, front=front_of(table, OTHER, ACCURACY))
    (line,) = [trace for trace in figure.data if trace.mode == "lines"]
    assert line.line.shape == "vh"
    assert (np.diff(line.y) <= 0).all()
    assert 6111 in cells(figure, FRONT)


def test_markers_stand_at_their_cells_values(table: pd.DataFrame) -> None:
    figure = space_scatter(table, TPU, ACCURACY)
    (trace,) = figure.data
    position = list(trace.customdata).index(6111)
    assert trace.x[position] == pytest.approx(table.loc[6111, TPU.sourced])
    assert trace.y[position] == pytest.approx(94.3733, abs=1e-4)


def test_axes_name_quantity_unit_and_release(table: pd.DataFrame) -> None:
    layout = space_scatter(table, TPU, ACCURACY).layout
    assert "Edge TPU latency, cifar10 (ms)" in layout.xaxis.title.text
    assert "HW-NAS-Bench" in layout.xaxis.title.text
    assert "Test accuracy, cifar10, 200 epochs (%)" in layout.yaxis.title.text
    assert "NATS-Bench tss v1_0" in layout.yaxis.title.text


def test_the_selected_cell_is_marked_in_the_trace_that_has_it(table: pd.DataFrame) -> None:
    figure = space_scatter(table, OTHER, ACCURACY, front=front_of(table, OTHER, ACCURACY), selected=6111)
    marked = {
        trace.name: [int(trace.customdata[point]) for point in trace.selectedpoints or ()]
        for trace in figure.data
        if trace.mode == "markers"
    }
    assert marked == {"Architectures": [], FRONT: [6111]}


def test_a_studys_cells_lie_over_the_space(table: pd.DataFrame) -> None:
    unsupported = int(table.index[table[TPU.sourced].isna()][0])
    trials = pd.DataFrame(
        {"number": [0, 1, 2], "index": [6111, unsupported, 9930], "recommended": [False, False, True]}
    )
    figure = space_scatter(table, TPU, ACCURACY, trials=trials, bounds=[Constraint("latency:edgetpu", 1.5)])
    assert cells(figure, TRIALS) == [6111]
    assert cells(figure, RECOMMENDED) == [9930]
    assert [shape.x0 for shape in figure.layout.shapes] == [1.5]
    assert figure.layout.annotations[0].text == "at most 1.5 ms"
    assert len(cells(figure, "Architectures")) == 15_625 - 4_699


def test_without_a_cell_in_both_the_figure_says_so(table: pd.DataFrame) -> None:
    figure = space_scatter(table.assign(**{TPU.sourced: np.nan}), TPU, ACCURACY, words=WORDS)
    assert len(figure.data) == 0
    assert "no cell" in figure.layout.annotations[0].text
