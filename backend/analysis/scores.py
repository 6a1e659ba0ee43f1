"""Scores by architecture, from a table of the space or from a study, in one shape: a row an architecture, by label."""

from __future__ import annotations

from typing import Final

import pandas as pd

from backend import proxies
from backend.scoring.tables import ScoreTable
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Enumerable, capability, classes_of, known_costs

_LARGEST: Final = 1e100
"""A float holds no sum of the squares of larger scores, which a standard deviation takes."""


def usable(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores, with NaN for those that no statistic can be made of: infinite ones, and those as good as that."""
    return scores.where(scores.abs() <= _LARGEST)


def table_scores(table: ScoreTable) -> pd.DataFrame:
    """The scores of a table, without the architectures that have none; NaN where a score is unknown."""
    return table.scores.dropna(how="all").astype(float)


def labelled(trials: pd.DataFrame, space: SearchSpace) -> pd.DataFrame:
    """The distinct scored architectures of a study, in the order of trials.

    Args:
        trials: as ``backend.studies.trials_frame`` gives them.
        space: that the study searches.

    Returns:
        The rows of the first trial of each, indexed by label: the index in an enumerable space, where variants that
        have none are left out, else the key. No rows for a study that records no architectures.
    """
    if "architecture" not in trials:
        return trials.iloc[:0].rename_axis("index")
    complete = trials[trials["state"] == "complete"]
    listed = capability(space, Enumerable)
    if listed is None:
        return (
            complete.dropna(subset="architecture")
            .drop_duplicates("architecture")
            .set_index("architecture", drop=False)
            .rename_axis("index")
        )
    known = complete[listed.is_indexed(complete)].drop_duplicates("index")
    return known.set_index(known["index"].astype(int))


def study_scores(trials: pd.DataFrame, space: SearchSpace) -> pd.DataFrame:
    """The scores of a study's distinct architectures.

    Args:
        trials: as ``backend.studies.trials_frame`` gives them.
        space: that the study searches.

    Returns:
        By label as in :func:`labelled`, one float column a proxy, NaN where a score is unknown or not :func:`usable`.
    """
    names = [name for name in proxies.available() if name in trials]
    scores = labelled(trials, space)[names].astype(float)
    return usable(scores).dropna(axis="columns", how="all")


def with_sizes(scores: pd.DataFrame, space: SearchSpace, dataset: str) -> pd.DataFrame:
    """The scores, with params and flops where they are not among them and the space knows them without any network.

    Args:
        scores: by label.
        space: of the architectures.
        dataset: whose classes the networks tell apart.
    """
    known = known_costs(space, dataset)
    if known is None:
        return scores
    sizes = known.sizes(scores.index, dataset)
    return scores.join(sizes[[name for name in sizes if name not in scores]])


def seconds_a_class(table: ScoreTable) -> float | None:
    """Mean time that one class of a table took with all its proxies together; None where none needed a network."""
    passes = [name for name in table.scores if not proxies.get(str(name)).literal]
    scored = table.scores[passes].notna().any(axis="columns")
    space = registry.get(table.provenance.space)
    classes = classes_of(space, table.scores.index[scored]).nunique()
    return table.provenance.seconds / classes if classes else None
