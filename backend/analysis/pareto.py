"""Pareto fronts on any columns of a table of trials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import moocore
import pandas as pd


def pareto_front(frame: pd.DataFrame, directions: Mapping[str, Literal["maximize", "minimize"]]) -> pd.Series[bool]:
    """Which rows no other row beats in every column.

    Rows equal to each other in all columns are on the front together; rows with an unknown (NaN) or infinite value
    never are.

    Args:
        frame: one row a trial.
        directions: the columns to compare, and which way is better.

    Returns:
        Booleans with the frame's index.
    """
    columns = list(directions)
    known = frame[columns].replace([float("inf"), float("-inf")], float("nan")).notna().all(axis=1)
    front = pd.Series(False, index=frame.index, name="front")
    if known.any():
        maximise = [directions[column] == "maximize" for column in columns]
        points = frame.loc[known, columns].to_numpy(dtype=float)
        front[known] = moocore.is_nondominated(points, maximise=maximise, keep_weakly=True)
    return front


def weakest_rank(frame: pd.DataFrame, directions: Mapping[str, Literal["maximize", "minimize"]]) -> pd.Series[float]:
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
