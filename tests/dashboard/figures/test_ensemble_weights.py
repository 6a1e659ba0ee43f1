import pandas as pd

from backend.analysis.ensemble import fit_ensemble
from dashboard.figures import ensemble_weights


def test_bars_are_the_weights_the_weightiest_on_top(frame: pd.DataFrame) -> None:
    ensemble = fit_ensemble(frame, ["l2_norm", "params", "flops"], "200:test-accuracy")
    bars = ensemble_weights(ensemble).data[0]
    assert dict(zip(bars.y, bars.x, strict=True)) == ensemble.weights
    assert abs(bars.x[-1]) == max(map(abs, ensemble.weights.values()))
