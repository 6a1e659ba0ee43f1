"""The mission's ensemble: ordinary least squares of true accuracy on standardised proxies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from backend.errors import UserError

_FOLDS = 5


@dataclass(frozen=True)
class Ensemble:
    """A fitted linear ensemble: accuracy ≈ intercept + Σ weight · (proxy − mean) / deviation.

    Attributes:
        target: the column that was fitted, such as ``200:test-accuracy`` (%).
        weights: percentage points of accuracy that one standard deviation of the proxy is worth.
        intercept: mean accuracy of the fitted cells (%).
        means, deviations: what standardises each proxy.
        cells: number of cells in the fit.
        r2: share of the variance explained on the fitted cells themselves.
        spearman: rank correlation of predicted and true accuracy under cross-validation, each cell predicted by a
            fit that has not seen it; None where the prediction is constant.
    """

    target: str
    weights: dict[str, float]
    intercept: float
    means: dict[str, float]
    deviations: dict[str, float]
    cells: int
    r2: float
    spearman: float | None

    def predict(self, frame: pd.DataFrame) -> pd.Series[float]:
        """Predicted accuracy (%) of each row; NaN where a proxy is unknown."""
        total = pd.Series(self.intercept, index=frame.index, name="predicted")
        for name, weight in self.weights.items():
            total = total + weight * (frame[name] - self.means[name]) / self.deviations[name]
        return total

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON types."""
        return asdict(self)


def fit_ensemble(frame: pd.DataFrame, proxies: Sequence[str], target: str) -> Ensemble:
    """Fit the ensemble on distinct, connected cells whose proxies and accuracy are known.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        proxies: columns to fit on.
        target: column to fit, ``<epochs>:test-accuracy``.

    Raises:
        UserError: fewer cells than the fit needs (two more than proxies, and one a fold).
    """
    known = labelled_cells(frame, proxies, target)
    needed = max(len(proxies) + 2, _FOLDS)
    if len(known) < needed:
        raise UserError(
            f"ensemble: {len(known)} cells with known accuracy are too few for {len(proxies)} proxies; "
            f"at least {needed} are needed"
        )
    features, truth = known[list(proxies)], known[target]
    model = make_pipeline(StandardScaler(), LinearRegression()).fit(features, truth)
    scaler, regression = model[0], model[-1]
    unseen = cross_val_predict(model, features, truth, cv=KFold(_FOLDS, shuffle=True, random_state=0))
    spearman = pd.Series(unseen, index=known.index).corr(truth, method="spearman")
    return Ensemble(
        target=target,
        weights=dict(zip(proxies, map(float, regression.coef_), strict=True)),
        intercept=float(regression.intercept_),
        means=dict(zip(proxies, map(float, scaler.mean_), strict=True)),
        deviations=dict(zip(proxies, map(float, scaler.scale_), strict=True)),
        cells=len(known),
        r2=float(model.score(features, truth)),
        spearman=None if pd.isna(spearman) else float(spearman),
    )


def labelled_cells(frame: pd.DataFrame, proxies: Sequence[str], target: str) -> pd.DataFrame:
    """The completed trials of distinct cells with every proxy and the target known."""
    if missing := [name for name in [*proxies, target] if name not in frame]:
        return frame.iloc[:0].reindex(columns=[*frame.columns, *missing])
    complete = frame[frame["state"] == "complete"]
    return complete.dropna(subset=[*proxies, target]).drop_duplicates(["arch", "C", "N"])
