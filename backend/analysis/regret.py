"""Where a study's architectures lie among all of the benchmark, and how far they are from its best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pandas as pd

from backend.analysis.distribution import standings
from backend.analysis.scores import labelled
from backend.spaces.base import Label, SearchSpace, label_of
from backend.spaces.capabilities import Enumerable, lacks, lacks_listing


class Place(NamedTuple):
    """An architecture among all.

    Attributes:
        architecture: its label.
        value: such as its true accuracy (%).
        rank: one more than the number of better architectures.
        gap: what is missing to the best.
    """

    architecture: Label
    value: float
    rank: int
    gap: float


class Regret(NamedTuple):
    """What a study is short of.

    Attributes:
        optimum: the best architecture of the space.
        allowed: the best of the architectures that the search allowed; None where that is not known.
        recommended: the best of the trials that the study recommends; None where there is none.
        typical_gap: median gap of the recommended trials, what choosing among them blindly costs; NaN without any.
        found: the best of all its trials; None where it has none.
    """

    optimum: Place
    allowed: Place | None
    recommended: Place | None
    typical_gap: float
    found: Place | None


def benchmark_cells(trials: pd.DataFrame, space: SearchSpace) -> pd.DataFrame:
    """The distinct architectures that a study scored, by their label.

    Args:
        trials: as ``backend.studies.trials_frame`` gives them.
        space: that the study searches.

    Returns:
        One row an architecture in the order of trials: number, index (its label), and recommended, whether no
        other trial beats it in all objectives of the study. No rows for a study whose trials name none, or whose space
        lists none.
    """
    columns = {"number": int, "index": object if lacks(space, Enumerable) else int, "pareto": bool}
    if lacks_listing(space) or not {"number", "pareto"} <= set(trials.columns):
        found = pd.DataFrame({name: [] for name in columns})
    else:
        scored = labelled(trials, space)
        found = scored.assign(index=scored.index)[list(columns)]
    return found.astype(columns).rename(columns={"pareto": "recommended"}).reset_index(drop=True)


def placed(architectures: pd.DataFrame, values: pd.Series[float]) -> pd.DataFrame:
    """A study's architectures with their standing among all.

    Args:
        architectures: as :func:`benchmark_cells` gives them.
        values: of all architectures, by label; more is better.

    Returns:
        The architectures' columns and those of ``standings``.
    """
    return architectures.join(standings(values), on="index")


def regret(architectures: pd.DataFrame, values: pd.Series[float], allowed: Sequence[Label] = ()) -> Regret:
    """How far the recommended and the best trial of a study are from the best of the space.

    Args:
        architectures: as :func:`benchmark_cells` gives them.
        values: of all architectures, by label; more is better.
        allowed: labels of the architectures that the search allowed.
    """
    there = placed(architectures, values).dropna(subset="value")
    recommended = there[there["recommended"]]
    everything = standings(values).rename_axis("index").reset_index()
    optimum = _best(everything)
    assert optimum is not None
    return Regret(
        optimum,
        _best(everything[everything["index"].isin(allowed)]),
        _best(recommended),
        float(recommended["gap"].median()),
        _best(there),
    )


def _best(architectures: pd.DataFrame) -> Place | None:
    if architectures.empty:
        return None
    best = architectures.nlargest(1, "value").iloc[0]
    return Place(label_of(best["index"]), float(best["value"]), int(best["rank"]), float(best["gap"]))
