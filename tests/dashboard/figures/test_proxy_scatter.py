import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from backend.spaces import registry
from dashboard.figures.proxy_scatter import WEBGL_FROM, proxy_scatter

WORDS = registry.get().words

ACCURACY = "True test accuracy (%)"


def cells(number: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"snip": rng.uniform(1, 9, number), ACCURACY: rng.uniform(80, 94, number), "params": rng.uniform(1, 2, number)},
        index=pd.Index(range(100, 100 + number), name="index"),
    )
    frame["convolutions"] = pd.Categorical([str(cell % 3) for cell in frame.index], list("0123"), ordered=True)
    return frame


def drawn(figure: go.Figure) -> set[int]:
    return {int(data[0]) for trace in figure.data if trace.customdata is not None for data in trace.customdata}


def test_every_cell_with_both_quantities_is_a_marker_that_knows_its_index() -> None:
    frame = cells()
    frame.loc[101, "snip"], frame.loc[102, ACCURACY], frame.loc[103, "snip"] = None, None, np.inf
    figure = proxy_scatter(frame, "snip", ACCURACY)
    assert drawn(figure) == {100, 104, 105}
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("snip", ACCURACY)


def test_many_cells_are_drawn_with_webgl_and_few_are_not() -> None:
    assert {trace.type for trace in proxy_scatter(cells(WEBGL_FROM), "snip", ACCURACY).data} == {"scattergl"}
    assert {trace.type for trace in proxy_scatter(cells(WEBGL_FROM - 1), "snip", ACCURACY).data} == {"scatter"}


def test_groups_are_entries_of_the_legend_in_their_order() -> None:
    figure = proxy_scatter(cells(), "snip", ACCURACY, color="convolutions")
    assert [trace.name for trace in figure.data] == ["0", "1", "2"]
    assert len({trace.marker.color for trace in figure.data}) == 3
    assert figure.layout.legend.title.text == "convolutions"
    assert drawn(figure) == set(range(100, 106))


def test_numbers_are_a_colour_axis_and_unknown_ones_hollow() -> None:
    frame = cells()
    frame.loc[100, "params"] = None
    figure = proxy_scatter(frame, "snip", ACCURACY, color="params")
    known, unknown = figure.data
    assert known.marker.coloraxis == "coloraxis"
    assert sorted(known.marker.color) == sorted(frame["params"].dropna())
    assert unknown.marker.symbol == "circle-open"
    assert int(unknown.customdata[0][0]) == 100
    assert figure.layout.coloraxis.colorbar.title.text == "params"


@pytest.mark.parametrize("scale", ["log", "symlog", "rank"])
def test_the_hover_tells_the_value_itself_on_every_scale(scale: str) -> None:
    frame = cells()
    trace = proxy_scatter(frame, "snip", ACCURACY, x_scale=scale).data[0]
    assert [row[1] for row in trace.customdata] == pytest.approx(frame["snip"].tolist())
    assert "customdata[1]" in trace.hovertemplate


def test_the_selected_cell_is_ringed_where_it_stands() -> None:
    frame = cells()
    ring = proxy_scatter(frame, "snip", ACCURACY, x_scale="rank", selected=103).data[-1]
    assert (ring.x[0], ring.y[0]) == (frame["snip"].rank()[103], frame[ACCURACY][103])
    assert proxy_scatter(frame, "snip", ACCURACY, selected=7, words=WORDS).data[-1].name == "Cells"


def test_no_cell_is_said() -> None:
    figure = proxy_scatter(cells().iloc[:0], "snip", ACCURACY, words=WORDS)
    assert "No cell" in figure.layout.annotations[0].text
