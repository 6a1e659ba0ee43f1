"""How alike proxies rank cells among themselves."""

from __future__ import annotations

import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform


def agreement(scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman correlation of each two columns, over the rows where both are known.

    Args:
        scores: one row a cell, one column a quantity.

    Returns:
        A square frame, columns that rank alike (or the other way round) beside each other; NaN for a constant column.
    """
    known = scores.dropna(how="all").rank()
    matrix = known.corr() if known.notna().all(axis=None) else scores.corr(method="spearman")
    order = _neighbours(matrix)
    return matrix.iloc[order, order]


def _neighbours(matrix: pd.DataFrame) -> list[int]:
    """Positions of the columns in the order of a clustering by 1 − |ρ|."""
    if len(matrix) < 3:
        return list(range(len(matrix)))
    distances = 1 - matrix.abs().fillna(0).clip(upper=1).to_numpy()
    distances[range(len(matrix)), range(len(matrix))] = 0
    tree = hierarchy.linkage(squareform(distances, checks=False), method="average", optimal_ordering=True)
    return [int(position) for position in hierarchy.leaves_list(tree)]
