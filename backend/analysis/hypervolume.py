"""Hypervolume of a search's Pareto front while it grows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.dominance import hypervolume
from backend.spaces.truth_tasks import Direction

Directions = Mapping[str, Direction]

EXACT_OBJECTIVES = 4
_CHECKPOINTS = 60
_BLOCK = 256


def objective_box(studies: Iterable[pd.DataFrame], directions: Directions) -> pd.DataFrame:
    """The worst and the best finite value of each objective over several studies.

    Args:
        studies: as :func:`backend.analysis.search_curves.timeline` gives them, with a column an objective.
        directions: the objectives, and which way each is better.

    Returns:
        Indexed by objective: worst and best; NaN for an objective that has no finite value.
    """
    architectures = pd.concat([study.reindex(columns=list(directions)) for study in studies], ignore_index=True)
    architectures = architectures.astype(float).replace([np.inf, -np.inf], np.nan)
    low, high = architectures.min(), architectures.max()
    up = pd.Series({name: way == "maximize" for name, way in directions.items()})
    return pd.DataFrame({"worst": low.where(up, high), "best": high.where(up, low)}).rename_axis("objective")


def as_ranks(studies: Mapping[str, pd.DataFrame], objectives: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The studies with ranks for values: a proxy's value says which architecture is better, not by how much.

    Args:
        studies: as for :func:`objective_box`, by name.
        objectives: the columns to rank, over the architectures of all studies together.

    Returns:
        The studies by name; each objective from 0 to 1, the share of all architectures with a lower value, ties in
        the middle.
    """
    columns = list(objectives)
    together = pd.concat({name: study.reindex(columns=columns) for name, study in studies.items()})
    ranks = together.astype(float).rank()
    shares = (ranks - 1) / (ranks.count() - 1).clip(lower=1)
    return {name: study.assign(**shares.loc[name]) if len(study) else study for name, study in studies.items()}


def ranks_within(architectures: pd.DataFrame, space: pd.DataFrame) -> pd.DataFrame:
    """A study's architectures with ranks for values, as :func:`as_ranks` gives them, among all of a space.

    Args:
        architectures: of the study.
        space: all architectures, with a column an objective.

    Returns:
        ``architectures``; each objective from 0 to 1, the share of the space's architectures with a lower value, ties
        in the middle.
    """
    shares = {}
    for name, column in space.astype(float).items():
        known = np.sort(column[np.isfinite(column)].to_numpy())
        values = (
            architectures[name].to_numpy(dtype=float) if name in architectures else np.full(len(architectures), np.nan)
        )
        below, upto = np.searchsorted(known, values, "left"), np.searchsorted(known, values, "right")
        ranks = ((below + upto - 1) / 2 / max(len(known) - 1, 1)).clip(0, 1)
        shares[str(name)] = np.where(np.isnan(values), np.nan, ranks)
    return architectures.assign(**shares)


def hypervolume_curve(architectures: pd.DataFrame, box: pd.DataFrame) -> pd.DataFrame:
    """Share of the box between worst and best values that the front of the architectures so far dominates.

    Exact up to four objectives. With more, the exact volume takes minutes: it is approximated, on a fixed set of
    directions, after at most sixty numbers of architectures.

    Args:
        architectures: as :func:`backend.analysis.search_curves.timeline` gives it.
        box: as :func:`objective_box` gives it; an objective without any spread counts as fully reached.

    Returns:
        ``architectures`` with one more column, hypervolume (0 to 1); architectures with an unknown objective change
        nothing, and an infinite value counts as the edge of the box.
    """
    points = in_unit_box(architectures, box)
    exact = points.shape[1] <= EXACT_OBJECTIVES
    rows = range(len(architectures)) if exact else _checkpoints(len(architectures))
    return architectures.iloc[list(rows)].assign(hypervolume=_volumes(points, rows, exact=exact))


def in_unit_box(architectures: pd.DataFrame, box: pd.DataFrame) -> NDArray[np.float64]:
    """Each objective from 0 (worst, or beyond) to 1 (best, or beyond); one row each, NaN where it is unknown."""
    values = architectures.reindex(columns=box.index).astype(float)
    span = box["best"] - box["worst"]
    shares = (values - box["worst"]) / span.where(span != 0, 1)
    flat = span.index[span == 0]
    shares[flat] = shares[flat].where(shares[flat].isna(), 1.0)
    return shares.clip(0.0, 1.0).to_numpy()


def _checkpoints(number: int) -> list[int]:
    if number == 0:
        return []
    return sorted(set(np.linspace(0, number - 1, min(number, _CHECKPOINTS)).round().astype(int).tolist()))


def _volumes(points: NDArray[np.float64], rows: Sequence[int], *, exact: bool) -> list[float]:
    """Hypervolume of the front of the points up to each of the rows."""
    changes = _fronts(points)
    volumes, volume, position = [], 0.0, 0
    for row in rows:
        until = position
        while until < len(changes) and changes[until][0] <= row:
            until += 1
        if until > position:
            volume, position = hypervolume(changes[until - 1][1], exact=exact), until
        volumes.append(volume)
    return volumes


def _fronts(points: NDArray[np.float64]) -> list[tuple[int, NDArray[np.float64]]]:
    """Each row whose point enters the front of the points so far, and the front that this gives."""
    front = np.empty((0, points.shape[1]))
    known: NDArray[np.bool_] = np.asarray(np.all(np.isfinite(points), axis=1))
    changes = []
    for start in range(0, len(points), _BLOCK):
        block = points[start : start + _BLOCK]
        # Most points lose to the front as it stands before the block; only the others are looked at one by one.
        at_least: NDArray[np.bool_] = np.asarray((front[None, :, :] >= block[:, None, :]).all(axis=2))
        beaten: NDArray[np.bool_] = np.asarray(np.any(at_least, axis=1))
        for row in np.flatnonzero(~beaten & known[start : start + _BLOCK]) + start:
            point = points[row]
            if not (front >= point).all(axis=1).any():
                front = np.vstack([front[~(front <= point).all(axis=1)], point])
                changes.append((int(row), front))
    return changes
