"""How alike proxies rank architectures among themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.cluster import hierarchy
from scipy.spatial.distance import squareform

from backend.analysis.rank_statistics import Counts, RankedPairs, interval

TOP_SHARE = 0.1
_FEWEST_BEST = 10
STATISTICS = ("spearman", "kendall", "top_spearman")
"""Columns of the correlations; each has a ``_low`` and a ``_high`` beside it."""

PLAIN_STATISTICS = ("spearman", "kendall")
"""Those that any set of architectures may have."""


def correlations(scores: pd.DataFrame, accuracy: pd.Series[float], resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """Rank correlation of each score with accuracy, over the architectures where both are known.

    Args:
        scores: one row an architecture, one column a proxy.
        accuracy: true accuracy of the same architectures.
        resamples: bootstrap resamples of the architectures for the 95% percentile intervals; 0 leaves the intervals
            NaN.
        seed: of the resampling.

    Returns:
        Indexed by proxy: the fields of :func:`correlation`.
    """
    rows = {name: correlation(scores[name], accuracy, resamples, seed) for name in scores}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("proxy")


def correlation(
    score: pd.Series[float], accuracy: pd.Series[float], resamples: int = 200, seed: int = 0
) -> dict[str, float]:
    """Rank correlation of one score with accuracy, over the architectures where both are known.

    Args:
        score: of each architecture.
        accuracy: true accuracy of the same architectures.
        resamples: bootstrap resamples of the architectures for the 95% percentile intervals; 0 leaves the intervals
            NaN.
        seed: of the resampling.

    Returns:
        architectures; spearman, kendall (τ-b) and top_spearman, which is Spearman over the tenth of the architectures
        with the highest accuracy, each with _low and _high. NaN where fewer than three architectures are known or all
        scores, or all accuracies, are equal; top_spearman also where that tenth has fewer than ten architectures.
    """
    known = _known(score) & _known(accuracy)
    pairs = RankedPairs(score[known], accuracy[known])
    draws = pairs.resamples(resamples, seed) if len(pairs) else []

    def top_spearman(counts: Counts) -> float:
        best = pairs.top(counts, TOP_SHARE)
        return pairs.spearman(best) if best.sum() >= _FEWEST_BEST else np.nan

    statistics = dict(zip(STATISTICS, (pairs.spearman, pairs.kendall, top_spearman), strict=True))
    row: dict[str, float] = {"cells": len(pairs)}
    for name, statistic in statistics.items():
        row[name] = statistic(pairs.once()) if len(pairs) else np.nan
        low, high = (np.nan, np.nan) if np.isnan(row[name]) else interval(statistic, draws)
        row |= {f"{name}_low": low, f"{name}_high": high}
    return row


def correlation_among_best(
    score: pd.Series[float],
    accuracy: pd.Series[float],
    share: float = 1.0,
    statistics: Sequence[str] = PLAIN_STATISTICS,
    resamples: int = 0,
    seed: int = 0,
) -> dict[str, float]:
    """Rank correlation of one score with accuracy among the most accurate architectures.

    Args:
        score: of each architecture.
        accuracy: true accuracy of the same architectures, more is better.
        share: of the architectures where both are known to keep, those of the highest accuracy; each resample keeps its
            own.
        statistics: "spearman", "kendall" (τ-b), or both.
        resamples: bootstrap resamples of the architectures for the 95% percentile intervals; 0 leaves them NaN.
        seed: of the resampling.

    Returns:
        architectures, how many it rests on; each statistic with _low and _high, NaN where all scores, or all
        accuracies, are equal, below three architectures, and below ten of a share.

    >>> import pandas as pd
    >>> score = pd.Series(range(100), dtype=float)
    >>> found = correlation_among_best(score, -score, share=0.2)
    >>> found["architectures"], found["spearman"], found["kendall"]
    (20, -1.0, -1.0)
    """
    known = _known(score) & _known(accuracy)
    pairs = RankedPairs(score[known], accuracy[known])
    kept = _best_of(pairs, pairs.once(), share)
    row: dict[str, float] = {"architectures": int(kept.sum())}
    draws = [_best_of(pairs, counts, share) for counts in pairs.resamples(resamples, seed)] if len(pairs) else []
    enough = row["architectures"] >= (_FEWEST_BEST if share < 1 else 1)
    for name in statistics:
        statistic = {"spearman": pairs.spearman, "kendall": pairs.kendall}[name]
        row[name] = statistic(kept) if enough else np.nan
        low, high = (np.nan, np.nan) if np.isnan(row[name]) else interval(statistic, draws)
        row |= {f"{name}_low": low, f"{name}_high": high}
    return row


def _best_of(pairs: RankedPairs, counts: Counts, share: float) -> Counts:
    return pairs.top(counts, share) if share < 1 and len(pairs) else counts


def class_means(
    scores: pd.DataFrame, accuracy: pd.Series[float], classes: pd.Series[float]
) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Mean score and mean accuracy of each class of architectures that compute the same function.

    Args:
        scores: one row an architecture, one column a proxy.
        accuracy: true accuracy of the same architectures.
        classes: the class of each architecture; NaN leaves the architecture out.
    """
    return scores.groupby(classes).mean(), accuracy.groupby(classes).mean()


def group_correlations(
    score: pd.Series[float], accuracy: pd.Series[float], groups: pd.Series[str], resamples: int = 200, seed: int = 0
) -> pd.DataFrame:
    """Spearman of a score with accuracy within each group of architectures: where a proxy works, and where it fails.

    Args:
        score: of each architecture.
        accuracy: true accuracy of the same architectures.
        groups: the group of each architecture, an ordered categorical.
        resamples: bootstrap resamples of each group's architectures; 0 leaves the intervals NaN.
        seed: of the resampling.

    Returns:
        Indexed by group, in the categories' order: architectures (known in both), spearman, spearman_low,
        spearman_high, and median_accuracy (%).
    """
    known = _known(score) & _known(accuracy)
    rows = {}
    for group in groups.cat.categories:
        inside = known & (groups == group)
        pairs = RankedPairs(score[inside], accuracy[inside])
        value = pairs.spearman(pairs.once())
        draws = [] if np.isnan(value) else pairs.resamples(resamples, seed)
        low, high = interval(pairs.spearman, draws)
        rows[group] = {
            "cells": len(pairs),
            "spearman": value,
            "spearman_low": low,
            "spearman_high": high,
            "median_accuracy": accuracy[inside].median(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("group").astype({"cells": int})


def _known(values: pd.Series[float]) -> pd.Series[bool]:
    return values.replace([np.inf, -np.inf], np.nan).notna()


def agreement(scores: pd.DataFrame) -> pd.DataFrame:
    """Spearman correlation of each two columns, over the rows where both are known.

    Args:
        scores: one row an architecture, one column a quantity.

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
