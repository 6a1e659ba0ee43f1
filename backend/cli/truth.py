"""Commands about what the benchmark measured."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from backend import truth as benchmark
from backend.cli.options import ARCH_HELP, JsonOption, SpaceOption, given_path, longest
from backend.cli.terminal import Terminal, console, progress_bar, text_column
from backend.cli.values import number, print_json
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import HasTruth, require
from backend.spaces.nas_bench_201.cell import NUM_CELLS
from backend.spaces.nas_bench_201.notations import parse_cell
from backend.spaces.truth_tasks import TruthField


def truth(
    arch: Annotated[str, typer.Argument(metavar="ARCH", help=ARCH_HELP)],
    dataset: Annotated[str, typer.Option(help="Data set, or task, that it was trained on.")] = "cifar10",
    epochs: Annotated[int | None, typer.Option(help="Length of the training.", show_default="the longest")] = None,
    release: Annotated[
        str | None,
        typer.Option(
            help="Of NAS-Bench-201: an imported release, by a part of its name.",
            show_default="the bundled table, and imports where it has nothing",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of NAS-Bench-201: one run of an imported release.",
            show_default="the mean of its runs",
        ),
    ] = None,
    space: SpaceOption = registry.DEFAULT,
    as_json: JsonOption = False,
) -> None:
    """Show what was measured of an architecture, and which release each number is from."""
    searched = registry.get(space)
    known = require(searched, HasTruth, "truth")
    architecture = searched.read(arch)
    dataset = known.trained_on(dataset)
    epochs = longest(known, dataset) if epochs is None else epochs
    found = (
        _of_releases(arch, dataset, epochs, release, seed)
        if searched.name == registry.DEFAULT
        else _of_space(searched, architecture, dataset, epochs, release, seed)
    )
    if as_json:
        label = searched.label(architecture)
        asked: dict[str, Any] = {"arch": architecture.key, "index": label if isinstance(label, int) else None}
        print_json(
            {**asked, "dataset": dataset, "epochs": epochs, "seed": seed, **found.values, "releases": found.releases}
        )
    else:
        named, key = searched.named(searched.label(architecture)), architecture.key
        console.print(named if named.endswith(key) else f"{named}  {key}")
        of_seed = "" if seed is None else f", seed {seed}"
        _print_truth(console, f"{dataset}, {epochs} epochs{of_seed}", found)


@dataclass(frozen=True)
class _Record:
    """What was measured of an architecture.

    Attributes:
        fields: in the order of their table.
        values: by field.
        releases: where each is from.
        note: what a reader has to know of the numbers; "" where that is nothing.
    """

    fields: Sequence[TruthField]
    values: Mapping[str, float | None]
    releases: Mapping[str, str | None]
    note: str = ""


def _of_releases(arch: str, dataset: str, epochs: int, release: str | None, seed: int | None) -> _Record:
    """The record of a cell in the bundled table, and in the imported releases."""
    cell = parse_cell(arch)
    return _Record(
        benchmark.truth_fields(dataset),
        benchmark.query(cell, dataset, epochs, release=release, seed=seed),
        benchmark.field_releases(dataset, epochs, release=release, seed=seed),
    )


def _of_space(
    space: SearchSpace, architecture: Architecture, dataset: str, epochs: int, release: str | None, seed: int | None
) -> _Record:
    """The record that a space has of an architecture.

    Raises:
        UserError: there is none, or a release or seed is asked for.
    """
    if release is not None or seed is not None:
        raise UserError(f"--release, --seed: {space.title} has one table, of the means of its trainings")
    known = require(space, HasTruth, "truth")
    task, fields = known.task(dataset, epochs), known.fields(dataset)
    record = (known.truth(architecture, dataset) or {}).get(str(epochs), {})
    unknown = "" if record else f"{space.title} did not train this {space.words.one}: it is not in the table."
    noise = "" if math.isnan(task.noise) else f"Standard deviation of one training: {task.noise:.2g} {task.field.unit}."
    return _Record(
        fields,
        {field.name: record.get(field.name) for field in fields},
        {field.name: task.release for field in fields},
        " ".join(filter(None, (unknown, f"Measured on {task.field.images}.", task.help, noise))),
    )


def _print_truth(console: Terminal, title: str, found: _Record) -> None:
    """Print the fields of a training result, one a line, with their units and the releases that they are from."""
    table = Table("field", "value", "unit", "release", title=title, title_justify="left")
    for field in found.fields:
        value = found.values[field.name]
        release = (found.releases[field.name] or "–") if value is not None else "–"
        table.add_row(field.name, number(value), field.unit, release)
    console.print(table)
    if found.note:
        console.print(found.note)


def import_benchmark(
    path: Annotated[
        Path,
        typer.Argument(
            parser=given_path,
            metavar="FILE|FOLDER",
            help="NAS-Bench-201's .pth; NATS-Bench's .pickle.pbz2, or its folder or tar.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Import the official files: every field, every seed. 5 GB take some 4 minutes and 0.5 GB of memory."""
    columns = (TaskProgressColumn(), text_column("{task.fields[count]:,} architectures"))
    with progress_bar(*columns, TimeElapsedColumn(), TimeRemainingColumn(), disable=as_json) as progress:
        task = progress.add_task("import", total=1.0, count=0)
        summary = benchmark.import_release(path, lambda part, count: progress.update(task, completed=part, count=count))
        progress.update(task, completed=1.0)
    if as_json:
        print_json({**vars(summary), "path": str(summary.path)})
        return
    console.print(
        f"{summary.release}: {summary.architectures:,} of {NUM_CELLS:,} architectures, {summary.rows:,} rows, "
        f"{summary.seconds:.1f} s",
    )
    console.print(f"table: {summary.path}", soft_wrap=True)
