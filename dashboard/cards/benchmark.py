"""The charts of the page "Benchmark": a whole space, an architecture's neighbours, and a study in its space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from backend.analysis.regret import placed
from backend.costs.constraints import Constraint
from backend.spaces.base import Label, SearchSpace
from backend.spaces.capabilities import Neighbours, Parameters, capability, lacks
from backend.truth.measures import Measure
from dashboard.cards.base import Card
from dashboard.data import queries
from dashboard.data.benchmark import neighbours
from dashboard.figures import accuracy_histogram, neighbour_grid, space_scatter, study_percentiles


def distribution_card(space: SearchSpace, dataset: str, shown: Sequence[Measure], selected: Label | None) -> Card:
    """How accuracies of a data set are distributed over a space.

    Args:
        space: that can be listed.
        dataset: of the accuracies.
        shown: the accuracies.
        selected: label of the architecture to mark.
    """
    table = queries.space(*shown)
    return Card(
        "distribution_chart",
        "Distribution",
        f"Histogram of the true accuracies of all {space.words.many} on {dataset}",
        accuracy_histogram(table, shown, selected, space.words),
        lambda: _with_keys(space, table),
    )


def space_card(space: SearchSpace, x: Measure, y: Measure, *, with_front: bool, selected: Label | None) -> Card:
    """A whole space in two quantities.

    Args:
        space: that can be listed.
        x: on the horizontal axis.
        y: on the vertical axis.
        with_front: whether to draw the Pareto front.
        selected: index of the architecture to mark.
    """
    table, words = queries.space(x, y), space.words
    front = queries.space_front(x, y) if with_front else None
    data = table if front is None else table.assign(pareto_front=front)
    return Card(
        "space_chart",
        f"{y.name} against {x.name}",
        f"{y.label} against {x.label}, all {words.many}",
        space_scatter(table, x, y, front=front, selected=selected, words=words),
        lambda: _with_keys(space, data),
    )


def neighbours_card(space: SearchSpace, label: Label, measure: Measure) -> Card:
    """The accuracy of each neighbour of an architecture, and what the change gains or loses.

    Args:
        space: that can be listed.
        label: of the architecture.
        measure: the accuracy.
    """
    words = space.words
    key, title = "neighbour_chart", "Its neighbours"
    titled = capability(space, Parameters)
    if titled is None or lacks(space, Neighbours):
        return Card.missing(key, title, f"{lacks(space, Neighbours, Parameters)}.")
    architecture = space.at(label)
    found = neighbours(space, architecture)
    own, accuracies = titled.of_key(architecture.key), queries.standings(measure)["value"]
    if not any(item.label in accuracies.index for item in found):
        return Card.missing(key, title, f"None of its {len(found)} neighbours is one that {space.title} trained.")
    found = [item for item in found if item.label in accuracies.index]
    better = sum(bool(accuracies[item.label] > accuracies[label]) for item in found)
    said = f"{better} of {len(found)} are better" if better else "None is better: a local optimum"
    return Card(
        key,
        f"Its {len(found)} neighbours",
        f"{said} by {measure.label} [{measure.release}].",
        neighbour_grid(label, own, found, titled.parameters, accuracies, measure, words),
        help=f"The {words.many} that differ from it in the {words.option} of one {words.parameter}.",
    )


def study_card(
    space: SearchSpace,
    scored: pd.DataFrame,
    cost: Measure,
    shown: Measure,
    bounds: Iterable[Constraint],
    selected: Label | None,
) -> Card:
    """A study's architectures among all of its space, in accuracy and a cost.

    Args:
        space: that the study searches.
        scored: as ``backend.analysis.regret.benchmark_cells`` gives them.
        cost: on the horizontal axis.
        shown: on the vertical axis.
        bounds: the study's constraints on the cost.
        selected: index of the architecture to mark.
    """
    table, words = queries.space(cost, shown), space.words
    drawn = placed(scored, queries.standings(shown)["value"]).join(table[cost.sourced], on="index")
    there = scored.loc[scored["index"].isin(table.index), "index"]
    missing = int(table.loc[there, cost.sourced].isna().sum())
    return Card(
        "study_scatter",
        "In the space",
        f"The study's {words.many} among all: {shown.label} against {cost.label}",
        space_scatter(table, cost, shown, trials=scored, bounds=bounds, selected=selected, words=words),
        drawn.assign(release=shown.release),
        help=f"{missing:,} of its {words.many} are not drawn: the device does not support them." if missing else "",
    )


def percentiles_card(space: SearchSpace, places: Mapping[Measure, pd.DataFrame]) -> Card:
    """Where a study's architectures lie among all on each data set.

    Args:
        space: that the study searches.
        places: for each accuracy the study's architectures, as ``backend.analysis.regret.placed`` gives them.
    """
    words = space.words
    tables = [table.assign(dataset=item.dataset, release=item.release) for item, table in places.items()]
    return Card(
        "study_places",
        "On each data set",
        f"The study's {words.many} by percentile of the space on each data set",
        study_percentiles(places, words),
        pd.concat(tables),
        help=f"A random choice of {words.many} spreads evenly from 0 to 100; a good search crowds to the right.",
    )


def _with_keys(space: SearchSpace, table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(arch=[space.at(label).key for label in table.index]).reset_index()
