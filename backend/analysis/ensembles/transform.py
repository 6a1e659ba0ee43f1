"""The signed logarithm that proxies take before a fit when their values span orders of magnitude."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.compose import ColumnTransformer

from backend import proxies

_SMALL = 0.05


class SignedLog(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """sign(x)·log(1 + |x|/s) of each column, s the 5% quantile of the column's nonzero |x| in the fitted cells."""

    def fit(self, values: ArrayLike, _targets: ArrayLike | None = None) -> Self:
        """Learns s of each column.

        Args:
            values: (cells, columns), finite.
        """
        sizes = np.abs(np.asarray(values, dtype=float))
        self.n_features_in_ = sizes.shape[1]
        self.scale_ = np.array([_small_size(column) for column in sizes.T])
        return self

    def transform(self, values: ArrayLike) -> NDArray[np.float64]:
        """The signed logarithms.

        Args:
            values: (cells, columns).
        """
        raw = np.asarray(values, dtype=float)
        logarithms: NDArray[np.float64] = np.sign(raw) * np.log1p(np.abs(raw) / self.scale_)
        return logarithms


def unskewed(names: Sequence[str]) -> ColumnTransformer:
    """The step before every fit: signed logarithms of the skewed ones of the named columns, the others as they are."""
    return ColumnTransformer([("log", SignedLog(), skewed(names))], remainder="passthrough")


def skewed(names: Sequence[str]) -> list[str]:
    """Those of the names that are proxies whose values span orders of magnitude."""
    known = set(proxies.available())
    return [name for name in names if name in known and proxies.get(name).skewed]


def _small_size(sizes: NDArray[np.float64]) -> float:
    nonzero = sizes[sizes > 0]
    return float(np.quantile(nonzero, _SMALL)) if len(nonzero) else 1.0
