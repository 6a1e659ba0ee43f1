"""The command that correlates scores with true accuracy."""

from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich.table import Table

from backend.analysis.correlation import STATISTICS, class_means, correlations
from backend.cli.options import (
    DatasetOption,
    JsonOption,
    TableSpaceOption,
    TruthOption,
    given_path,
    given_table,
    longest,
)
from backend.cli.terminal import Terminal, console
from backend.cli.values import interval, print_json
from backend.datasets.info import check_dataset
from backend.json_records import json_records
from backend.scoring.tables import Provenance
from backend.spaces import registry
from backend.spaces.base import Words
from backend.spaces.capabilities import Enumerable, HasTruth, require
from backend.spaces.truth_tasks import TruthTask


def correlate(
    dataset: DatasetOption = "cifar10",
    table: Annotated[
        Path | None,
        typer.Option(parser=given_path, metavar="FILE", help="A sweep's table; without it, the bundled one."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Length of the training.", show_default="the longest")] = None,
    space: TableSpaceOption = None,
    trained_on: TruthOption = None,
    resamples: Annotated[int, typer.Option(min=10, help="Bootstrap resamples for the 95% intervals.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Show how well each proxy ranks the space by true accuracy."""
    check_dataset(dataset)
    table_ = given_table(table, dataset, space)
    searched = registry.get(table_.provenance.space)
    truth = require(searched, HasTruth, "correlate")
    trained_on = truth.trained_on(dataset) if trained_on is None else trained_on
    task = truth.task(trained_on, longest(truth, trained_on) if epochs is None else epochs)
    accuracy = truth.values(task.dataset, task.epochs)
    architectures = correlations(table_.scores, accuracy, resamples)
    listed = require(searched, Enumerable, "correlate")
    classes = correlations(*class_means(table_.scores, accuracy, listed.classes()), resamples)
    if as_json:
        print_json({"cells": json_records(architectures.reset_index()), "classes": json_records(classes.reset_index())})
    else:
        _print_correlations(console, table_.provenance, task, architectures, classes, searched.words)


def _print_correlations(
    console: Terminal,
    provenance: Provenance,
    task: TruthTask,
    architectures: pd.DataFrame,
    classes: pd.DataFrame,
    words: Words,
) -> None:
    """Print rank correlations over architectures and over classes, the best proxy first."""
    metric = f"{task.field.label[0].lower()}{task.field.label[1:]}"
    title = f"Rank correlation with {task.dataset} {metric} after {task.epochs} epochs"
    order = architectures.sort_values("spearman", key=abs, ascending=False).index
    for counted, frame in ((words.many, architectures), ("classes", classes)):
        heading = title if frame is architectures else f"The same, each class of isomorphic {words.many} once"
        table = Table(
            "proxy", counted, "Spearman", "Kendall", "Spearman, best 10%", title=heading, title_justify="left"
        )
        for name in order:
            values = frame.loc[name]
            table.add_row(str(name), f"{values['cells']:.0f}", *(interval(values, kind) for kind in STATISTICS))
        console.print(table)
    console.print(
        f"95% bootstrap intervals; best 10%: the {words.many} of highest accuracy. Scores of {provenance.images} "
        f"Seed {provenance.seed}.",
    )
