from dashboard.figures import ensemble_weights


def test_bars_are_the_weights_the_weightiest_on_top() -> None:
    bars = ensemble_weights({"params": 0.5, "snip": -2.0, "zen": 1.0}, logarithms=["snip"]).data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == {"params": 0.5, "log snip": -2.0, "zen": 1.0}
    assert bars.y[-1] == "log snip"
