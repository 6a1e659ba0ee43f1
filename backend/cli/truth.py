"""Commands about what the benchmark measured."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TaskProgressColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from backend import truth as benchmark
from backend.cli.options import ARCH_HELP, DatasetOption, JsonOption, given_path
from backend.cli.terminal import Terminal, console, progress_bar, text_column
from backend.cli.values import number, print_json
from backend.spaces.capabilities import TruthField
from backend.spaces.nas_bench_201.cell import NUM_CELLS
from backend.spaces.nas_bench_201.notations import parse_cell


def truth(
    arch: Annotated[str, typer.Argument(metavar="ARCH", help=ARCH_HELP)],
    dataset: DatasetOption = "cifar10",
    epochs: Annotated[int, typer.Option(help="12 or 200.")] = 200,
    release: Annotated[
        str | None,
        typer.Option(
            help="An imported release, by a part of its name.",
            show_default="the bundled table, and imports where it has nothing",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="One run of an imported release.", show_default="the mean of its runs")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show what was measured of an architecture, and which release each number is from."""
    cell = parse_cell(arch)
    fields = benchmark.query(cell, dataset, epochs, release=release, seed=seed)
    releases = benchmark.field_releases(dataset, epochs, release=release, seed=seed)
    if as_json:
        asked = {"arch": str(cell), "index": cell.index, "dataset": dataset, "epochs": epochs, "seed": seed}
        print_json({**asked, **fields, "releases": releases})
    else:
        console.print(f"cell {cell.index}  {cell}")
        of_seed = "" if seed is None else f", seed {seed}"
        title = f"{dataset}, {epochs} epochs{of_seed}"
        _print_truth(console, title, benchmark.truth_fields(dataset), fields, releases)


def _print_truth(
    console: Terminal,
    title: str,
    described: Iterable[TruthField],
    fields: Mapping[str, float | None],
    releases: Mapping[str, str | None],
) -> None:
    """Print the fields of a training result, one a line, with their units and the releases that they are from."""
    table = Table("field", "value", "unit", "release", title=title, title_justify="left")
    for field in described:
        value = fields[field.name]
        table.add_row(
            field.name, number(value), field.unit, (releases[field.name] or "–") if value is not None else "–"
        )
    console.print(table)


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
