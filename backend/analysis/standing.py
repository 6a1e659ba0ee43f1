"""Where cells stand among all: rank, percentile, and the gap to the best."""

from __future__ import annotations

from typing import Literal

import pandas as pd


def standings(values: pd.Series[float], better: Literal["maximize", "minimize"] = "maximize") -> pd.DataFrame:
    """Place every cell among all whose value is known.

    Args:
        values: such as true accuracy (%), by official index.
        better: which way is better.

    Returns:
        With the same index: value; rank, one more than the number of better cells, so that equal cells share it;
        percentile, the share (%) of cells that are no better, 100 for the best; gap, the distance to the best. NaN
        where the value is unknown.
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
