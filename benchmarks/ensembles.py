"""Measures ensembles on a bundled table of scores; ``python -m benchmarks.ensembles --help``.

An ensemble is fitted to the true accuracies of a few cells and judged on all connected cells of no fitted cell's
class; the mean of several draws of the fitted cells stands in the table. Those without labels are judged on all
connected cells: which proxies they add up was chosen on the data sets that are named, and on no other.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from backend import truth as benchmark
from backend.analysis.scores import table_scores
from backend.ensembles.evaluation import figures, learning_curve
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE
from backend.ensembles.recommendation import CHOSEN
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import TargetScores, target_scores, transferred
from backend.scoring.tables import bundled_table
from backend.spaces import registry
from backend.spaces.nas_bench_201.cell import Cell

AIMED_AT, TRUTHS = "cifar10", ("cifar10", "cifar100", "ImageNet16-120")
SKIPPED = ("synflow", "l2_norm", "flops", "tenas")
"""Proxies that others say as well: log_synflow; params, of l2_norm and flops; ntk_cond and linear_regions, of tenas."""
AIMS = {32: (0.92, 0.75), 128: (0.95, 0.81), 1024: (0.978, 0.875)}
LABEL_FREE_AIM = (0.93, 0.77)
FEWEST, MOST = 2, 4
"""How many proxies a label-free set may have when the best is looked for."""
_WIDTH = 150
AZ_NAS = ("az_expressivity", "az_progressivity", "az_trainability", "flops")
ONE_SKIP = "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"


@dataclass(frozen=True)
class Kind:
    """A model on all proxies, with or without the features of the cell's graph, on cells drawn one way or another."""

    model: str
    graph: bool
    choose: str

    def __str__(self) -> str:
        return f"{self.model}{' + graph' if self.graph else ''}{'' if self.choose == 'random' else ', diverse'}"


KINDS = [
    Kind("linear", False, "random"),
    *(Kind(name, graph, "random") for name in ("ridge", "rank_ridge", "extra_trees") for graph in (False, True)),
    Kind("gradient_boosting", True, "random"),
    Kind("blend", True, "random"),
    Kind("blend", True, "diverse"),
    Kind("extra_trees", True, "diverse"),
]


def curve(kind: Kind, scored: str, sizes: list[int], repeats: int, truth: str) -> list[dict[str, Any]]:
    """Figures of one kind of ensemble by number of labelled cells."""
    scores = table_scores(bundled_table(scored))
    recipe = Recipe(kind.model, _all_proxies(scores), graph=kind.graph)
    found = learning_curve(recipe, scores, benchmark.test_accuracy(truth, 200), sizes, repeats, kind.choose)
    means = found.groupby("cells_labelled").mean().reset_index()
    return [{"kind": str(kind), **row} for row in means.to_dict("records")]


def carried(kind: Kind, scored: str, sizes: list[int], repeats: int, to: str) -> list[dict[str, Any]]:
    """Figures on another data set of an ensemble fitted on one, from the scores of either's images."""
    home, truth = table_scores(bundled_table(scored)), benchmark.test_accuracy(to, 200)
    names, accuracy = _all_proxies(home), benchmark.test_accuracy(scored, 200)
    places = [
        target_scores(names, to, scored, home, registry.get()),
        TargetScores(home, f"scores of {scored}'s images", matched=False),
    ]
    rows = []
    for size, seed in itertools.product(sizes, range(repeats)):
        recipe = Recipe(kind.model, names, graph=kind.graph, seed=seed)
        fitted = StudyEnsemble.of_space(home, accuracy, recipe, "200:test-accuracy", size, kind.choose)
        for place in places:
            cells = transferred(fitted, place, truth, home)
            found = figures(cells["predicted"], cells[ACCURACY], resamples=0)
            rows.append({"kind": f"{kind}, {place.words}", "cells_labelled": size, **found})
    means = pd.DataFrame(rows).groupby(["kind", "cells_labelled"], sort=False).mean().reset_index()
    return means.to_dict("records")


def label_free(names: tuple[str, ...], scored: str, dataset: str, *, skips_last: bool = False) -> dict[str, float]:
    """Figures of a sum of log ranks of a data set's scores, for the true accuracies of another, over all cells.

    Args:
        names: the proxies.
        scored: data set of the scores.
        dataset: of the accuracies.
        skips_last: give cells that are one skip connection the lowest trainability, as the authors of AZ-NAS do.
    """
    scores = table_scores(bundled_table(scored))
    if skips_last:
        skip = Cell.parse(ONE_SKIP)
        skips = [cell.index for cell in (skip, *skip.twins())]
        scores.loc[skips, "az_trainability"] = scores["az_trainability"].min() - 1
    ensemble = Ensemble(Recipe(LABEL_FREE, names), scores, fewest=1)
    return figures(ensemble.predict(scores), benchmark.test_accuracy(dataset, 200).reindex(scores.index), resamples=0)


def best_set(dataset: str) -> tuple[str, ...]:
    """The set of proxies whose sum of log ranks of cifar10's scores has the highest Spearman on a data set."""
    scores = table_scores(bundled_table(AIMED_AT))
    accuracy = benchmark.test_accuracy(dataset, 200).reindex(scores.index).rank()
    names = _all_proxies(scores)
    alone = {name: Ensemble(Recipe(LABEL_FREE, (name,)), scores, fewest=1).predict(scores) for name in names}
    sets = itertools.chain.from_iterable(itertools.combinations(names, count) for count in range(FEWEST, MOST + 1))
    return max(sets, key=lambda some: float(sum(alone[name] for name in some).rank().corr(accuracy)))


def _all_proxies(scores: pd.DataFrame) -> tuple[str, ...]:
    return tuple(str(name) for name in scores if name not in SKIPPED)


def main(
    sizes: Annotated[str, typer.Option(help="Numbers of labelled cells.")] = "8,32,128,512,1024,2048",
    repeats: Annotated[int, typer.Option(min=1, help="Draws of the labelled cells.")] = 20,
    scored: Annotated[str, typer.Option("--scores", help="Data set of the scores.")] = AIMED_AT,
    truth: Annotated[str, typer.Option(help="Data set of the true accuracies; that of the scores, if not given.")] = "",
    to: Annotated[str, typer.Option("--transfer", help="Judge on this data set what is fitted, and no more.")] = "",
    processes: Annotated[int, typer.Option(min=1, help="Kinds fitted at once.")] = 2,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Fit every kind of ensemble to few and many labelled cells; add up ranks without any."""
    numbers, truth = [int(size) for size in sizes.split(",")], truth or scored
    measure = partial(carried, to=to) if to else partial(curve, truth=truth)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        done = list(pool.map(partial(measure, scored=scored, sizes=numbers, repeats=repeats), KINDS))
    rows = pd.DataFrame([row for found in done for row in found])
    if to:
        title = f"Spearman / Kendall on unseen cells of {to} of what is fitted on {scored}, mean of {repeats} draws"
        _print_curves(rows, title, numbers, aims=False, as_json=as_json)
        return
    free = _without_labels(scored)
    if as_json:
        print(json.dumps({"curves": rows.to_dict("records"), "label_free": free}))
        return
    heading = f"{scored}'s scores and accuracies of {truth}, mean of {repeats} draws, by labelled cells"
    _print_curves(rows, f"Spearman / Kendall on unseen cells: {heading}", numbers, aims=truth == AIMED_AT)
    _print_label_free(free, f"Without labels: sums of log ranks of {scored}'s scores, Spearman / Kendall on all cells")


def _without_labels(scored: str) -> dict[str, Any]:
    """Figures of sums of log ranks of a data set's scores, by name of the set, for the accuracies of each data set."""
    sets = {
        "the recommendation's": CHOSEN,
        "best of all sets on cifar100": best_set("cifar100"),
        "jacob_cov + params": ("jacob_cov", "params"),
        "AZ-NAS": AZ_NAS,
    }
    there = set(map(str, table_scores(bundled_table(scored))))
    free = {
        name: {"proxies": names, **{dataset: label_free(names, scored, dataset) for dataset in TRUTHS}}
        for name, names in sets.items()
        if set(names) <= there
    }
    ruled = {dataset: label_free(AZ_NAS, scored, dataset, skips_last=True) for dataset in TRUTHS}
    return free | {"AZ-NAS, one skip connection last": {"proxies": AZ_NAS, **ruled}}


def _print_curves(rows: pd.DataFrame, title: str, sizes: list[int], *, aims: bool, as_json: bool = False) -> None:
    if as_json:
        print(json.dumps(rows.to_dict("records")))
        return
    table = Table(title=title)
    table.add_column("ensemble")
    for size in sizes:
        table.add_column(str(size), justify="right")
    for kind, found in rows.groupby("kind", sort=False):
        by_size = found.set_index("cells_labelled")
        table.add_row(str(kind), *(f"{by_size.spearman[n]:.3f} / {by_size.kendall[n]:.3f}" for n in sizes))
    if aims:
        table.add_row("aim", *(" / ".join(map(str, AIMS[size])) if size in AIMS else "" for size in sizes))
    Console(width=_WIDTH).print(table)


def _print_label_free(free: dict[str, Any], title: str) -> None:
    table = Table(title=title)
    for heading in ("set", "proxies", *TRUTHS):
        table.add_column(heading)
    for name, row in free.items():
        found = [f"{row[dataset]['spearman']:.3f} / {row[dataset]['kendall']:.3f}" for dataset in TRUTHS]
        table.add_row(name, ", ".join(row["proxies"]), *found)
    table.add_row("aim", "", " / ".join(map(str, LABEL_FREE_AIM)))
    Console(width=_WIDTH).print(table)


if __name__ == "__main__":
    typer.run(main)
