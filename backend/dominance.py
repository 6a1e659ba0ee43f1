"""Pareto dominance and hypervolumes of any numbers: the only module that calls moocore.

moocore compares finite numbers, and ends the whole process on some that are not. Whether one point dominates another
depends on the order of the values alone, so it is given their ranks. The order knows what an infinite value means: in
the better direction nothing beats it, in the worse one every finite value does.
"""

from collections.abc import Sequence

import moocore
import numpy as np
from numpy.typing import ArrayLike, NDArray

_SAMPLES = 8192


def nondominated(points: ArrayLike, maximise: Sequence[bool], *, keep_equal: bool = True) -> NDArray[np.bool_]:
    """Which points no other dominates: none is at least as good everywhere and better somewhere.

    Args:
        points: (n points, k objectives); a point with a NaN is never among those returned, and dominates none.
        maximise: of each objective, whether more is better.
        keep_equal: whether equal points are kept together; if not, the first of them alone.

    Returns:
        (n points,).

    >>> nondominated([[1, 2], [2, 1], [0, 0]], maximise=[True, True]).tolist()
    [True, True, False]
    >>> nondominated([[float("inf"), 0], [1, 1]], maximise=[True, True]).tolist()
    [True, True]
    """
    values = np.asarray(points, dtype=float)
    best = np.zeros(len(values), dtype=bool)
    known: NDArray[np.bool_] = ~np.isnan(values).any(axis=1)
    if known.any():
        ranks = np.column_stack([np.unique(column, return_inverse=True)[1] for column in values[known].T]).astype(float)
        best[known] = moocore.is_nondominated(ranks, maximise=list(maximise), keep_weakly=keep_equal)
    return best


def hypervolume(shares: ArrayLike, *, exact: bool) -> float:
    """Share of the unit box that points dominate, each objective better when higher.

    Args:
        shares: (n points, k objectives); what lies beyond the box, infinite values too, counts as on its edge, and a
            point with a NaN adds nothing.
        exact: or else approximated, on a fixed set of directions.

    >>> hypervolume([[0.5, 0.5], [1.0, 0.25]], exact=True)
    0.375
    """
    points = np.asarray(shares, dtype=float)
    points = points[~np.isnan(points).any(axis=1)].clip(0.0, 1.0)
    if not len(points):
        return 0.0
    if exact:
        return float(moocore.hypervolume(points, ref=0, maximise=True))
    return float(moocore.hv_approx(points, ref=0, maximise=True, nsamples=_SAMPLES))
