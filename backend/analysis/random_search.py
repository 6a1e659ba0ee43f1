"""What random search reaches: the best of k cells drawn from the space, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln

QUANTILES = (0.25, 0.5, 0.75)


def best_of_random(accuracies: pd.Series[float], draws: Sequence[int]) -> pd.DataFrame:
    """Quartiles of the highest accuracy among k distinct cells that are drawn at random.

    The best of k from n is at most the m-th lowest accuracy with probability C(m, k) / C(n, k).

    Args:
        accuracies: of every cell of the space (%); NaN is left out.
        draws: numbers of cells, each at least 1 and no more than the space has.

    Returns:
        Indexed by the number of cells: low, median and high, the three quartiles (%).
    """
    ordered = np.sort(accuracies.dropna().to_numpy(dtype=float))
    n = len(ordered)
    places = np.arange(1, n + 1)
    rows = []
    for k in draws:
        logs = np.full(n, -np.inf)
        logs[k - 1 :] = _log_choices(places[k - 1 :], k) - _log_choices(np.array([n]), k)
        rows.append([ordered[np.searchsorted(logs, np.log(quantile))] for quantile in QUANTILES])
    return pd.DataFrame(rows, index=pd.Index(draws, name="cells"), columns=["low", "median", "high"])


def _log_choices(n: np.ndarray, k: int) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
