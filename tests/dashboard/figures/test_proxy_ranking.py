import numpy as np
import pandas as pd
import pytest

from backend.analysis.correlation import STATISTICS, correlations
from dashboard.figures.proxy_ranking import proxy_ranking
from dashboard.figures.template import BLUE, VERMILION


def ranked(resamples: int = 20) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    accuracy = pd.Series(rng.normal(90, 2, 200))
    scores = pd.DataFrame({"good": accuracy + rng.normal(0, 1, 200), "noise": rng.normal(0, 1, 200), "flat": 1.0})
    return correlations(scores, accuracy, resamples)


def test_a_panel_a_statistic_with_its_intervals() -> None:
    table = ranked()
    figure = proxy_ranking(table)
    assert len(figure.data) == len(STATISTICS)
    for trace, name in zip(figure.data, STATISTICS, strict=True):
        assert list(trace.x)[:2] == table[name].tolist()[:2]
        assert list(trace.y) == ["good", "noise", "flat"]
        assert trace.x[0] + trace.error_x.array[0] == pytest.approx(table[f"{name}_high"].iloc[0])
        assert trace.x[0] - trace.error_x.arrayminus[0] == pytest.approx(table[f"{name}_low"].iloc[0])
        assert [data[0] for data in trace.customdata] == ["good", "noise", "flat"]


def test_without_intervals_the_dots_stand_alone() -> None:
    assert np.isnan(proxy_ranking(ranked(0)).data[0].error_x.array.astype(float)).all()


def test_the_baseline_is_a_line_and_the_selected_proxy_marked() -> None:
    table = ranked()
    figure = proxy_ranking(table, baseline="noise", selected="good")
    assert {shape.x0 for shape in figure.layout.shapes} == {0, *table.loc["noise", list(STATISTICS)]}
    assert list(figure.data[0].marker.color) == [VERMILION, BLUE, BLUE]
    assert {shape.x0 for shape in proxy_ranking(table, baseline="flat").layout.shapes} == {0}


def test_no_proxy_is_said() -> None:
    assert "No proxy" in proxy_ranking(ranked().iloc[:0]).layout.annotations[0].text
