import pandas as pd

from dashboard.figures.ensemble_weights import ensemble_weights, proxy_worth


def test_bars_are_the_weights_the_weightiest_on_top() -> None:
    bars = ensemble_weights({"params": 0.5, "snip": -2.0, "zen": 1.0}, logarithms=["snip"]).data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == {"params": 0.5, "log snip": -2.0, "zen": 1.0}
    assert bars.y[-1] == "log snip"


def test_intervals_stand_by_their_bars() -> None:
    intervals = pd.DataFrame({"weight": [1.0, -2.0], "low": [0.5, -2.5], "high": [2.0, -1.0]}, index=["a", "b"])
    figure = ensemble_weights({"a": 1.0, "b": -2.0}, intervals=intervals)
    bar = figure.data[0]
    assert list(bar.y) == ["a", "b"]
    assert list(bar.error_x.array) == [1.0, 1.0]
    assert list(bar.error_x.arrayminus) == [0.5, 0.5]


def test_what_a_model_makes_of_each_proxy() -> None:
    assert list(proxy_worth(pd.Series({"a": 0.3, "b": 0.1})).data[0].y) == ["b", "a"]
    assert "graph alone" in proxy_worth(pd.Series(dtype=float)).layout.annotations[0].text
