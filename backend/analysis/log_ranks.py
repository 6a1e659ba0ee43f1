"""Sums of log ranks: several scores in one number, with no labels and no scales."""

import numpy as np
from numpy.typing import NDArray
from scipy import stats


def log_rank_sums(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over scores of the log of a cell's rank among all, as a share of them.

    Args:
        scores: (n cells, k scores), finite, more is better.

    Returns:
        (n,), 0 for a cell that is first in every score; equal scores share their mean rank.
    """
    ranks = stats.rankdata(scores, axis=0)
    sums: NDArray[np.float64] = np.log(ranks / len(scores)).sum(axis=1)
    return sums
