"""The linear ensemble against the definition of least squares."""

import json

import numpy as np
import pandas as pd
import pytest

from backend.analysis.ensemble import fit_ensemble, labelled_cells
from backend.errors import UserError

TARGET = "200:test-accuracy"


def trials(cells: int, noise: float = 0.0) -> pd.DataFrame:
    """Accuracy = 80 + 3·z(snip) − 2·z(params) (+ noise) on distinct cells."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"snip": rng.normal(300, 20, cells), "params": rng.normal(1e6, 1e5, cells)})
    scaled = (frame - frame.mean()) / frame.std(ddof=0)
    frame[TARGET] = 80 + 3 * scaled["snip"] - 2 * scaled["params"] + rng.normal(0, noise, cells)
    return frame.assign(state="complete", arch=[f"cell {i}" for i in range(cells)], C=16, N=5)


def test_weights_and_intercept_are_those_of_the_accuracy() -> None:
    ensemble = fit_ensemble(trials(40), ["snip", "params"], TARGET)
    assert ensemble.weights == pytest.approx({"snip": 3.0, "params": -2.0})
    assert ensemble.intercept == pytest.approx(trials(40)[TARGET].mean())
    assert (ensemble.r2, ensemble.spearman, ensemble.cells) == (pytest.approx(1), pytest.approx(1), 40)
    predicted = ensemble.predict(trials(40))
    assert predicted.to_numpy() == pytest.approx(trials(40)[TARGET].to_numpy())


def test_weights_are_least_squares_on_noisy_cells() -> None:
    frame = trials(60, noise=4.0)
    ensemble = fit_ensemble(frame, ["snip", "params"], TARGET)
    scaled = (frame[["snip", "params"]] - frame[["snip", "params"]].mean()) / frame[["snip", "params"]].std(ddof=0)
    design = np.column_stack([scaled, np.ones(len(frame))])
    expected = np.linalg.lstsq(design, frame[TARGET], rcond=None)[0]
    assert [*ensemble.weights.values(), ensemble.intercept] == pytest.approx(expected)


def test_the_correlation_of_cells_left_out_is_not_flattered_by_the_fit() -> None:
    frame = trials(12).assign(**{TARGET: np.random.default_rng(1).normal(80, 5, 12)})
    ensemble = fit_ensemble(frame, ["snip", "params"], TARGET)
    assert ensemble.spearman is not None
    assert ensemble.spearman < 0.5


def test_only_distinct_completed_cells_with_all_values_enter() -> None:
    frame = trials(20)
    frame.loc[0, "snip"] = np.nan
    frame.loc[1, TARGET] = np.nan
    frame.loc[2, "state"] = "failed"
    frame.loc[3, "arch"] = frame.loc[4, "arch"]
    assert len(labelled_cells(frame, ["snip", "params"], TARGET)) == 16


@pytest.mark.parametrize(
    "frame", [trials(4), trials(40).drop(columns=TARGET), pd.DataFrame({"number": [], "state": []})]
)
def test_too_few_cells_are_refused_with_how_many_are_needed(frame: pd.DataFrame) -> None:
    with pytest.raises(UserError, match="at least 5 are needed"):
        fit_ensemble(frame, ["snip", "params"], TARGET)


def test_it_is_json() -> None:
    ensemble = fit_ensemble(trials(40), ["snip", "params"], TARGET)
    assert json.loads(json.dumps(ensemble.to_json(), allow_nan=False))["weights"].keys() == {"snip", "params"}
