"""Sums of log ranks: several scores in one number, with no labels and no scales."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

_TAIL = 0.025
_FEWEST = 3

Counts = NDArray[np.int64]


class RankedPairs:
    """Pairs (x, y) by the order of their values.

    Args:
        x: (n,), finite.
        y: (n,), finite.
    """

    def __init__(self, x: ArrayLike, y: ArrayLike) -> None:
        x_places, y_places = _places(x), _places(y)
        # In the order of y the statistics find half of their sorting done.
        order = np.lexsort((x_places, y_places))
        self._x, self._y = x_places[order], y_places[order]

    def __len__(self) -> int:
        return len(self._x)

    def once(self) -> Counts:
        """Counts that take each pair once: the sample itself."""
        return np.ones(len(self), dtype=np.int64)

    def resamples(self, number: int, seed: int) -> list[Counts]:
        """Counts of bootstrap resamples: as many draws as there are pairs, with replacement."""
        generator, n = np.random.default_rng(seed), len(self)
        return [np.bincount(generator.integers(n, size=n), minlength=n) for _ in range(number)]

    def top(self, counts: Counts, share: float) -> Counts:
        """The counts of the pairs with the highest y alone.

        Args:
            counts: how often each pair is drawn.
            share: of the draws to keep, rounded up; draws that tie with the last of them are kept too.
        """
        per_value = np.bincount(self._y, counts, minlength=1)
        at_least = per_value[::-1].cumsum()[::-1]
        lowest = int(np.flatnonzero(at_least >= np.ceil(share * counts.sum()))[-1])
        return np.where(self._y >= lowest, counts, 0)

    def spearman(self, counts: Counts) -> float:
        """Spearman's ρ of the draws, with mid-ranks for ties; NaN below three draws or where one side is constant."""
        total = int(counts.sum())
        if total < _FEWEST:
            return np.nan
        x = _ranks(self._x, counts) - (total + 1) / 2
        y = _ranks(self._y, counts) - (total + 1) / 2
        spread = float(np.sqrt((counts * x * x).sum() * (counts * y * y).sum()))
        return float((counts * x * y).sum() / spread) if spread > 0 else np.nan

    def kendall(self, counts: Counts) -> float:
        """Kendall's τ-b of the draws; NaN below three draws or where one side is constant."""
        if counts.sum() < _FEWEST:
            return np.nan
        from scipy import stats  # noqa: PLC0415  takes longer to load than a search to begin

        return float(stats.kendalltau(np.repeat(self._x, counts), np.repeat(self._y, counts)).statistic)


def interval(statistic: Callable[[Counts], float], resamples: list[Counts]) -> tuple[float, float]:
    """The 95% percentile interval of a statistic over resamples; NaN where no resample has a value."""
    values = np.array([statistic(counts) for counts in resamples])
    if np.isnan(values).all():
        return np.nan, np.nan
    low, high = np.nanquantile(values, [_TAIL, 1 - _TAIL])
    return float(low), float(high)


def _places(values: ArrayLike) -> NDArray[np.unsignedinteger]:
    """The place of each value among the distinct ones, from 0, in the smallest type: those sort fastest."""
    _, places = np.unique(np.asarray(values), return_inverse=True)
    return places.astype(np.min_scalar_type(int(places.max(initial=0))))


def _ranks(places: NDArray[np.unsignedinteger], counts: Counts) -> NDArray[np.float64]:
    """The mid-rank that each pair's value has among all draws."""
    per_value = np.bincount(places, counts)
    return np.take(per_value.cumsum() - (per_value - 1) / 2, places)


def log_rank_sums(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum over scores of the log of an architecture's rank among all, as a share of them.

    Args:
        scores: (n architectures, k scores), finite, more is better.

    Returns:
        (n,), 0 for an architecture that is first in every score; equal scores share their mean rank.
    """
    from scipy import stats  # noqa: PLC0415  takes longer to load than a search to begin

    ranks = stats.rankdata(scores, axis=0)
    sums: NDArray[np.float64] = np.log(ranks / len(scores)).sum(axis=1)
    return sums
