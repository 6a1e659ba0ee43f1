"""The models that turn proxies into one prediction: regressions on labels, and a sum of ranks without any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import (
    ExtraTreesRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
    VotingRegressor,
)
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler

from backend.errors import UserError

LABEL_FREE = "log_rank_sum"
_STRENGTHS = np.logspace(-3, 4, 29)
_TREES = 200
_ABOVE = 101
"""Above any accuracy (%), so that the logarithm of the distance to it is finite."""


@dataclass(frozen=True)
class Weighing:
    """How the weights of a fitted regressor are found.

    Attributes:
        read: points of accuracy that one standard deviation of each column is worth to an architecture that is
            average in all, (columns,), and the accuracy (%) predicted of that architecture.
        again: the regressor, not fitted, with what was chosen for this fit. Resampled architectures are there several
            times, and cross-validation that leaves out one of them would shrink too little.
    """

    read: Callable[[RegressorMixin], tuple[NDArray[np.float64], float]]
    again: Callable[[RegressorMixin], RegressorMixin]


@dataclass(frozen=True)
class Model:
    """A way to predict accuracy from proxies.

    Attributes:
        name: identifier in files, options and links.
        title: name in charts.
        description: one sentence.
        build: the scikit-learn regressor, given the seed and the number of architectures in the fit; its inputs are a
            frame whose skewed columns are logarithms already. None for the label-free sum of ranks.
        weighing: how its weights are found; None where there is no one weight a column.
    """

    name: str
    title: str
    description: str
    build: Callable[[int, int], RegressorMixin] | None
    weighing: Weighing | None = None


def model(name: str) -> Model:
    """The model of that name.

    Raises:
        UserError: there is none.
    """
    if name not in MODELS:
        raise UserError(f"model {name!r}: unknown; valid: {', '.join(MODELS)}")
    return MODELS[name]


def _linear(_seed: int, _cells: int) -> RegressorMixin:
    return make_pipeline(StandardScaler(), LinearRegression())


def _linear_weights(fitted: RegressorMixin) -> tuple[NDArray[np.float64], float]:
    regression = fitted[-1]
    return regression.coef_, float(regression.intercept_)


def _ridge(_seed: int, _cells: int) -> RegressorMixin:
    return _ridge_among(_STRENGTHS)


def _ridge_among(strengths: NDArray[np.float64]) -> RegressorMixin:
    return _of_log_error(make_pipeline(StandardScaler(), RidgeCV(strengths)))


def _ridge_again(fitted: RegressorMixin) -> RegressorMixin:
    return _ridge_among(np.array([fitted.regressor_[-1].alpha_]))


def _ridge_weights(fitted: RegressorMixin) -> tuple[NDArray[np.float64], float]:
    """The slopes at the average architecture: −log(101 − accuracy) grows by 1/(101 − accuracy) a point."""
    regression = fitted.regressor_[-1]
    average = float(_accuracy(regression.intercept_))
    return regression.coef_ * (_ABOVE - average), average


def _rank_ridge(seed: int, architectures: int) -> RegressorMixin:
    def ranks() -> QuantileTransformer:
        return QuantileTransformer(n_quantiles=min(architectures, 1000), subsample=None, random_state=seed)

    return TransformedTargetRegressor(
        make_pipeline(ranks(), StandardScaler(), RidgeCV(_STRENGTHS)), transformer=ranks()
    )


def _of_log_error(regressor: RegressorMixin) -> RegressorMixin:
    """The regressor on −log(101 − accuracy): the few that can't be trained no longer outweigh all others."""
    return TransformedTargetRegressor(regressor, func=_log_error, inverse_func=_accuracy)


def _log_error(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    return -np.log(_ABOVE - accuracy)


def _accuracy(log_error: NDArray[np.float64]) -> NDArray[np.float64]:
    return _ABOVE - np.exp(-log_error)


def _random_forest(seed: int, _cells: int) -> RegressorMixin:
    return RandomForestRegressor(_TREES, max_features=1 / 3, random_state=seed)


def _extra_trees(seed: int, _cells: int) -> RegressorMixin:
    return ExtraTreesRegressor(_TREES, random_state=seed)


def _gradient_boosting(seed: int, architectures: int) -> RegressorMixin:
    return HistGradientBoostingRegressor(
        learning_rate=0.1, max_iter=150, min_samples_leaf=max(2, min(20, architectures // 10)), random_state=seed
    )


def _blend(seed: int, architectures: int) -> RegressorMixin:
    return VotingRegressor([("ridge", _ridge(seed, architectures)), ("trees", _extra_trees(seed, architectures))])


MODELS: dict[str, Model] = {
    entry.name: entry
    for entry in (
        Model(
            "linear",
            "Linear regression",
            "Ordinary least squares on standardised proxies.",
            _linear,
            Weighing(_linear_weights, clone),
        ),
        Model(
            "ridge",
            "Ridge regression",
            "Least squares on the logarithm of the error, the weights shrunk as much as cross-validation on the fitted "
            "rows says.",
            _ridge,
            Weighing(_ridge_weights, _ridge_again),
        ),
        Model(
            "rank_ridge",
            "Ridge on ranks",
            "Ridge regression of the rank of the accuracy on the ranks of the proxies.",
            _rank_ridge,
        ),
        Model("random_forest", "Random forest", "200 regression trees on resampled rows.", _random_forest),
        Model("extra_trees", "Extra trees", "200 regression trees with random splits.", _extra_trees),
        Model(
            "gradient_boosting",
            "Gradient boosting",
            "Trees one after the other, each on what the others missed; needs many labels.",
            _gradient_boosting,
        ),
        Model(
            "blend", "Ridge and extra trees", "The mean of both predictions: steady with few labels and many.", _blend
        ),
        Model(
            LABEL_FREE,
            "Sum of log ranks",
            "No labels: the sum over the proxies of the logarithm of the rank, better values ranking higher.",
            None,
        ),
    )
}
"""All models by name."""
