import pandas as pd

from backend.analysis.repetitions import median_band
from dashboard.figures.search_curves import Curve, search_curves

ONE = Curve("one", median_band([pd.Series([4.0, 1.0, 0.0], index=[1, 2, 3])]), 1)
SEVERAL = Curve("several", median_band([pd.Series([4.0, 1.0], index=[1, 3]), pd.Series([3.0, 2.0], index=[1, 3])]), 2)


def test_a_single_search_is_a_line_and_several_seeds_have_a_band() -> None:
    figure = search_curves([ONE, SEVERAL], "Distinct cells", "Regret")
    assert [trace.name for trace in figure.data if trace.name] == ["one", "several"]
    assert [trace.fill for trace in figure.data] == [None, None, "tonexty", None]
    line = figure.data[0]
    assert (list(line.x), list(line.y), line.line.shape) == ([1, 2, 3], [4, 1, 0], "hv")
    assert "quartiles" not in line.hovertemplate
    assert "quartiles" in figure.data[-1].hovertemplate


def test_a_logarithmic_axis_has_a_floor_and_tells_the_value_itself() -> None:
    figure = search_curves([ONE], "Distinct cells", "Regret", log_floor=0.01)
    assert figure.layout.yaxis.type == "log"
    assert list(figure.data[0].y) == [4, 1, 0.01]
    assert [row[0] for row in figure.data[0].customdata] == [4, 1, 0]


def test_many_curves_are_told_apart_by_colour_or_dash() -> None:
    curves = [Curve(f"study {number}", ONE.band, 1) for number in range(20)]
    looks = {(trace.line.color, trace.line.dash) for trace in search_curves(curves, "x", "y").data}
    assert len(looks) == 20


def test_the_baseline_is_grey_and_below_the_others() -> None:
    figure = search_curves([ONE], "x", "y", baseline=SEVERAL)
    assert [trace.name for trace in figure.data if trace.name] == ["several", "one"]


def test_an_empty_curve_keeps_its_colour_for_later() -> None:
    empty = Curve("empty", ONE.band.iloc[:0], 1)
    first = search_curves([ONE, SEVERAL], "x", "y").data[-1].line.color
    assert search_curves([empty, SEVERAL], "x", "y").data[-1].line.color == first


def test_nothing_to_draw_is_said() -> None:
    assert "No search" in search_curves([], "x", "y").layout.annotations[0].text
