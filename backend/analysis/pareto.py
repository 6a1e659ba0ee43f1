"""Pareto fronts on any columns of a table of trials."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from backend.dominance import nondominated
from backend.spaces.truth_tasks import Direction


def pareto_front(frame: pd.DataFrame, directions: Mapping[str, Direction]) -> pd.Series[bool]:
    """Which rows no other row beats in every column.

    Rows equal to each other in all columns are on the front together. An infinite value is the best or the worst there
    is; rows with an unknown value (NaN) are never on the front.

    Args:
        frame: one row a trial.
        directions: the columns to compare, and which way is better.

    Returns:
        Booleans with the frame's index.
    """
    points = frame[list(directions)].to_numpy(dtype=float)
    best = nondominated(points, [way == "maximize" for way in directions.values()])
    return pd.Series(best, index=frame.index, name="front")


def weakest_rank(frame: pd.DataFrame, directions: Mapping[str, Direction]) -> pd.Series[float]:
    """How far from the best each row is in the column where it is weakest.

    Args:
        frame: one row a trial.
        directions: the columns to compare, and which way is better.

    Returns:
        With the frame's index: the share (%) of the other rows that are better in that column; 0 for one that is the
        best in all, NaN where a value is unknown.
    """
    ranks = pd.DataFrame(
        {name: frame[name].rank(method="min", ascending=way == "minimize") for name, way in directions.items()}
    )
    return (ranks.max(axis=1, skipna=False) - 1) / max(len(frame) - 1, 1) * 100
