"""Commands about the scores of cells."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from backend.cli.options import (
    CELL_HELP,
    BatchSizeOption,
    DatasetOption,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModuleOption,
    ProxiesOption,
    SeedOption,
    given_path,
    parse_proxies,
)
from backend.cli.terminal import console, progress_bar
from backend.cli.values import number, print_json
from backend.errors import UserError
from backend.proxies.own import load_user_proxies
from backend.scoring import InvalidArchitectureError, Scorer
from backend.scoring.tables import SWEEP_TABLE, bundled_datasets, bundled_table, write_table
from backend.settings import make_folder
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.notations import parse_cell
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.studies.folders import sweeps_folder
from backend.studies.trials import json_numbers

if TYPE_CHECKING:
    from backend.scoring.sweep import Failure


def score(
    archs: Annotated[list[str], typer.Argument(metavar="CELL…", help=CELL_HELP)],
    dataset: DatasetOption = "cifar10",
    proxies: ProxiesOption = "all",
    batch_size: BatchSizeOption = 64,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    images: ImagesOption = "bundled",
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
) -> None:
    """Score architectures with zero-cost proxies."""
    load_user_proxies(proxy_module or [])
    cells = [parse_cell(arch) for arch in archs]
    names = parse_proxies(proxies)
    scorer = Scorer(dataset, names, batch_size=batch_size, seed=seed, device=device, image_source=images)
    rows = [{"arch": str(cell), "index": cell.index, "scores": _scores(scorer, cell)} for cell in cells]
    if as_json:
        print_json(rows)
    else:
        console.print(scorer.batch.description)
        _print_scores(names, rows)


def _scores(scorer: Scorer, cell: Cell) -> dict[str, float | None] | None:
    """A cell's scores; None for a disconnected cell, and for a score that is not finite."""
    try:
        return json_numbers(scorer.score(CellArchitecture(cell)))
    except InvalidArchitectureError:
        return None


def _print_scores(names: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Print scores, a proxy a line and a cell a column."""
    table = Table("proxy", *(f"cell {row['index']}" for row in rows))
    for name in names:
        scores = (row["scores"] for row in rows)
        table.add_row(name, *("disconnected" if cell is None else number(cell[name]) for cell in scores))
    console.print(table)


def sweep(
    dataset: DatasetOption = "cifar10",
    proxies: ProxiesOption = "all",
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler; without it, a local cluster.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes of the local cluster.", show_default="one a core")
    ] = None,
    batch_size: BatchSizeOption = 64,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    images: ImagesOption = "bundled",
    out: Annotated[
        Path | None,
        typer.Option(
            parser=given_path, metavar="FILE", help="The table to write.", show_default="in the sweep's folder"
        ),
    ] = None,
    proxy_module: ModuleOption = None,
) -> None:
    """Score the whole space; killed at any moment, it goes on."""
    # Dask takes longer to load than all other commands to run.
    from backend.scoring.sweep import (  # noqa: PLC0415
        Sweep,
        SweepSetting,
        open_cluster,
    )

    load_user_proxies(proxy_module or [])
    setting = SweepSetting(dataset, parse_proxies(proxies), batch_size, seed, device, images)
    if out is not None:
        _check_writable(out)
    known = bundled_table(dataset) if dataset in bundled_datasets() else None
    job = Sweep(setting, sweeps_folder(), known=known)
    console.print(f"shards: {job.folder}", soft_wrap=True)
    with open_cluster(scheduler, workers) as client, progress_bar() as progress:
        task = progress.add_task("classes", total=None)
        job.run(client, lambda done, total: progress.update(task, completed=done, total=total))
    _print_failures(job.failures())
    path = out or job.folder / SWEEP_TABLE
    write_table(job.table(), path)
    console.print(f"table: {path}", soft_wrap=True)


def _check_writable(path: Path) -> None:
    """Refuse a table that could not be written once it has been computed for hours."""
    if path.is_dir():
        raise UserError(f"--out: {path} is a folder; give the name of a file")
    make_folder(path.parent)


def _print_failures(failures: list[Failure], shown: int = 10) -> None:
    """Print how many scores of a sweep failed, and the first of them."""
    if not failures:
        return
    console.print(f"{len(failures)} scores could not be computed:", style="yellow")
    for failure in failures[:shown]:
        console.print(f"  cell {failure.cell_class}, {failure.proxy}: {failure.reason}")
    if len(failures) > shown:
        console.print(f"  … and {len(failures) - shown} more")
