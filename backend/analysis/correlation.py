"""How well proxies rank cells: Spearman and Kendall with bootstrap intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

_TAIL = 0.025


def correlations(scores: pd.DataFrame, accuracy: pd.Series[float], resamples: int = 200, seed: int = 0) -> pd.DataFrame:
    """Rank correlation of each score with accuracy, over the cells where both are known.

    Args:
        scores: one row a cell, one column a proxy.
        accuracy: true accuracy of the same cells.
        resamples: bootstrap resamples of the cells for the 95% percentile intervals.
        seed: of the resampling.

    Returns:
        Indexed by proxy: cells, and for spearman and kendall (τ-b) the value, _low and _high. NaN where fewer than
        three cells are known or all scores are equal.
    """
    rows = {name: _row(scores[name], accuracy, resamples, seed) for name in scores}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("proxy")


def class_correlations(
    scores: pd.DataFrame, accuracy: pd.Series[float], classes: pd.Series[float], resamples: int = 200
) -> pd.DataFrame:
    """As :func:`correlations`, over classes: each with the mean score and mean accuracy of its cells.

    Args:
        scores: one row a cell, one column a proxy.
        accuracy: true accuracy of the same cells.
        classes: the class of each cell; NaN leaves the cell out.
        resamples: bootstrap resamples of the classes.
    """
    return correlations(scores.groupby(classes).mean(), accuracy.groupby(classes).mean(), resamples)


def _row(score: pd.Series[float], accuracy: pd.Series[float], resamples: int, seed: int) -> dict[str, float]:
    known = score.notna() & accuracy.notna()
    x, y = score[known].to_numpy(float), accuracy[known].to_numpy(float)
    row: dict[str, float] = {"cells": len(x)}
    defined = len(x) > 2 and np.ptp(x) > 0 and np.ptp(y) > 0
    generator = np.random.default_rng(seed)
    draws = [generator.integers(len(x), size=len(x)) for _ in range(resamples if defined else 0)]
    for name, statistic in (("spearman", _spearman), ("kendall", _kendall)):
        row[name] = row[f"{name}_low"] = row[f"{name}_high"] = np.nan
        if defined:
            samples = [statistic(x[draw], y[draw]) for draw in draws]
            row[name] = statistic(x, y)
            row[f"{name}_low"], row[f"{name}_high"] = np.nanquantile(samples, [_TAIL, 1 - _TAIL])
    return row


def _spearman(x: np.ndarray, y: np.ndarray) -> float:
    return float(stats.spearmanr(x, y).statistic)


def _kendall(x: np.ndarray, y: np.ndarray) -> float:
    return float(stats.kendalltau(x, y).statistic)
