"""The command that correlates scores with true accuracy: of one table, or of all spaces."""

from collections.abc import Hashable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import pandas as pd
import typer
from rich.table import Table
from rich.text import Text

from backend import proxies
from backend.analysis import proxy_table
from backend.analysis.correlation import PLAIN_STATISTICS, STATISTICS, class_means, correlations
from backend.analysis.proxy_table import Judged, TaskColumn
from backend.cli.options import (
    DatasetOption,
    JsonOption,
    ModuleOption,
    SpaceModuleOption,
    TableSpaceOption,
    TruthOption,
    given_path,
    given_table,
    load_own_code,
    longest,
)
from backend.cli.terminal import Terminal, complain, console, lines, progress_bar
from backend.cli.values import interval, print_json, written
from backend.datasets.info import check_dataset
from backend.errors import UserError
from backend.json_records import json_records
from backend.scoring.tables import Provenance, list_tables
from backend.spaces import registry
from backend.spaces.base import Words
from backend.spaces.capabilities import HasTruth, classes_of, require
from backend.spaces.truth_tasks import TruthTask
from backend.studies.folders import sweeps_folder

_TASKS_ABREAST: Final = 5
"""Tasks beside each other: more do not fit into the width of a pipe."""


class Statistic(StrEnum):
    """A rank correlation."""

    spearman = "spearman"
    kendall = "kendall"


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
    all_spaces: Annotated[
        bool, typer.Option("--all-spaces", help="One table of every proxy on every task of all spaces with truth.")
    ] = False,
    best: Annotated[
        int, typer.Option(min=1, max=100, metavar="PERCENT", help="With --all-spaces: among those of the best truth.")
    ] = 100,
    statistic: Annotated[
        Statistic, typer.Option(help="With --all-spaces: what is printed; JSON has both.")
    ] = Statistic.spearman,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Show how well each proxy ranks the space by true accuracy."""
    load_own_code(proxy_module, space_module)
    if all_spaces:
        if given := [name for name, value in (("--table", table), ("--epochs", epochs), ("--space", space)) if value]:
            raise UserError(f"--all-spaces: takes every table and space; give it without {', '.join(given)}")
        _all_spaces(best / 100, statistic.value, resamples, as_json=as_json)
        return
    if best != 100:
        raise UserError("--best: goes with --all-spaces; without it the best tenth stands in a column of its own")
    check_dataset(dataset)
    table_ = given_table(table, dataset, space)
    searched = registry.get(table_.provenance.space)
    truth = require(searched, HasTruth, "correlate")
    trained_on = truth.trained_on(dataset) if trained_on is None else trained_on
    task = truth.task(trained_on, longest(truth, trained_on) if epochs is None else epochs)
    accuracy = truth.values(task.dataset, task.epochs)
    architectures = correlations(table_.scores, accuracy, resamples)
    of_each = classes_of(searched, table_.scores.index)
    classes = correlations(*class_means(table_.scores, accuracy, of_each), resamples)
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
    title = f"Rank correlation with {task.dataset} {task.field.said} after {task.epochs} epochs"
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


def _all_spaces(share: float, statistic: str, resamples: int, *, as_json: bool) -> None:
    """Print every proxy on every task of all spaces, the best average rank first."""
    columns, problems = proxy_table.task_columns(list_tables(sweeps_folder()))
    frames, read = [], []
    with progress_bar(disable=as_json) as progress:
        bar = progress.add_task("tasks", total=len(columns))
        for column in columns:
            try:
                found: Judged = proxy_table.judged(column)
            except UserError as error:
                problems.append(str(error))
            else:
                statistics = PLAIN_STATISTICS if as_json else (statistic,)
                frames.append(
                    proxy_table.correlations(column, found, proxies.available(), share, statistics, resamples)
                )
                read.append(column)
            progress.advance(bar)
    for problem in problems:
        complain(problem)
    if not frames:
        raise UserError("--all-spaces: the truth of no search space is known here")
    table = proxy_table.with_any_score(pd.concat(frames, ignore_index=True))
    ranks = proxy_table.average_ranks(table, statistic)
    if as_json:
        print_json({"ranks": json_records(ranks.reset_index()), "values": json_records(table)})
    else:
        _print_all(console, table, ranks, read, share, statistic)


def _print_all(
    console: Terminal,
    table: pd.DataFrame,
    ranks: pd.DataFrame,
    columns: Sequence[TaskColumn],
    share: float,
    statistic: str,
) -> None:
    among = "all architectures" if share == 1 else f"the {share:.0%} of the architectures with the best truth"
    squares = {(row["proxy"], row["space"], row["task"]): row for row in table.to_dict("records")}
    most = table.groupby(["space", "task"])["architectures"].max()
    for start in range(0, len(columns), _TASKS_ABREAST):
        some = columns[start : start + _TASKS_ABREAST]
        title = f"{statistic.capitalize()} correlation with the truth, among {among}"
        printed = Table("proxy", "rank", title=None if start else title, title_justify="left")
        for column in some:
            printed.add_column(lines([column.space.title, column.task.dataset]), justify="right")
        for name in (proxy_table.REPEAT, *map(str, ranks.index)):
            found = [squares[name, column.space.name, column.task.dataset] for column in some]
            rank = "" if name == proxy_table.REPEAT else written(ranks["average_rank"][name], ".1f")
            printed.add_row(name, rank, *(_square(row, statistic) for row in found))
        places = [(column.space.name, column.task.dataset) for column in some]
        printed.add_row("architectures", "", *(f"{most[place]:,.0f}" for place in places))
        console.print(printed)
    noted = table[table["note"] != ""]
    groups = noted.groupby(["space_title", "task", "note"], sort=False)["proxy"].agg(", ".join).reset_index()
    for row in groups.to_dict("records"):
        console.print(f"{row['space_title']}, {row['task']}: {row['proxy']}: {row['note']}", soft_wrap=True)
    for column in columns:
        if column.scored_on and column.scored_on != column.task.dataset:
            console.print(f"{column.title}: scores of {column.scored_on}'s images")
    console.print(
        "More is better: of a proxy that is better when lower, the sign is turned. Average rank: over the tasks whose "
        "architectures were scored; a proxy without a value counts as the middle. 95% bootstrap intervals."
    )


def _square(row: Mapping[Hashable, Any], statistic: str) -> Text:
    """A value above its interval, without it where none was resampled."""
    value, low, high = (row[f"{statistic}{end}"] for end in ("", "_low", "_high"))
    between = [] if pd.isna(low) else [f"[{low:+.2f}, {high:+.2f}]"]
    return lines([written(value, "+.3f"), *between])
