"""How a quantity is spread over all architectures, and where single ones stand among them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from backend.spaces.base import label_of
from backend.spaces.truth_tasks import Direction


def summary(values: pd.Series[float]) -> dict[str, Any]:
    """The quartiles of a quantity and its best and worst architectures; more is better.

    Args:
        values: such as true accuracy (%), by label; at least one known.

    Returns:
        architectures (how many are known), worst, lower_quartile, median, upper_quartile, best, and best_cell (its
        label, the first of equals).
    """
    numbers = values.describe()
    return {
        "cells": int(numbers["count"]),
        "worst": float(numbers["min"]),
        "lower_quartile": float(numbers["25%"]),
        "median": float(numbers["50%"]),
        "upper_quartile": float(numbers["75%"]),
        "best": float(numbers["max"]),
        "best_cell": label_of(values.nlargest(1).index[0]),
    }


def histogram(values: pd.Series[float], width: float) -> pd.DataFrame:
    """Number of architectures in bins of equal width, from the bin of the lowest value to that of the highest.

    Args:
        values: such as true accuracy (%); unknown ones are left out.
        width: of a bin; bins begin at its multiples.

    Returns:
        Columns low (inclusive), high, architectures.

    >>> histogram(pd.Series([0.5, 1.5, 1.6]), width=1.0)["cells"].tolist()
    [1, 2]
    """
    known = values.dropna()
    first, last = np.floor(known.min() / width), np.floor(known.max() / width)
    edges = np.arange(first, last + 2) * width
    counts, _ = np.histogram(known, edges)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "cells": counts})


def standings(values: pd.Series[float], better: Direction = "maximize") -> pd.DataFrame:
    """Place every architecture among all whose value is known.

    Args:
        values: such as true accuracy (%), by label.
        better: which way is better.

    Returns:
        With the same index: value; rank, one more than the number of better architectures, so that equal
        architectures share it; percentile, the share (%) of architectures that are no better, 100 for the best; gap,
        the distance to the best. NaN where the value is unknown.
    """
    upward = values if better == "maximize" else -values
    return pd.DataFrame(
        {
            "value": values,
            "rank": upward.rank(ascending=False, method="min"),
            "percentile": 100 * upward.rank(method="max", pct=True),
            "gap": upward.max() - upward,
        }
    )
