"""Commands about scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from backend.cli.options import (
    ARCH_HELP,
    BatchSizeOption,
    DatasetOption,
    DeviceOption,
    ImagesOption,
    JsonOption,
    ModuleOption,
    ProxiesOption,
    SeedOption,
    SpaceModuleOption,
    SpaceOption,
    given_path,
    load_own_code,
    parse_proxies,
)
from backend.cli.terminal import console, progress_bar
from backend.cli.values import number, print_json
from backend.errors import UserError
from backend.proxies.registry import get as get_proxy
from backend.scoring import InvalidArchitectureError, Scorer
from backend.scoring.engine import readable
from backend.scoring.engines import engine_of
from backend.scoring.tables import SWEEP_TABLE, bundled_datasets, bundled_table, write_table
from backend.settings import make_folder
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.studies.folders import sweeps_folder
from backend.studies.trials import json_numbers

if TYPE_CHECKING:
    from backend.scoring.sweep import Failure


def score(
    archs: Annotated[list[str], typer.Argument(metavar="ARCH…", help=ARCH_HELP)],
    dataset: DatasetOption = "cifar10",
    proxies: ProxiesOption = "all",
    batch_size: BatchSizeOption = 64,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    images: ImagesOption = "bundled",
    space: SpaceOption = registry.DEFAULT,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Score architectures with zero-cost proxies."""
    load_own_code(proxy_module, space_module)
    searched = registry.get(space)
    architectures = [searched.read(arch) for arch in archs]
    names = _asked(proxies, searched)
    scorer = Scorer(
        dataset, names, batch_size=batch_size, seed=seed, device=device, image_source=images, space=searched
    )
    rows = [_row(scorer, architecture) for architecture in architectures]
    if as_json:
        print_json(rows)
    else:
        console.print(scorer.batch.description)
        _print_scores(searched, names, rows)


def _asked(proxies: str, space: SearchSpace) -> tuple[str, ...]:
    """Proxies from comma-separated names; "all" are those that are computed for networks of the space."""
    names = parse_proxies(proxies)
    return tuple(name for name in names if readable(get_proxy(name), engine_of(space))) if proxies == "all" else names


def _row(scorer: Scorer, architecture: Architecture) -> dict[str, Any]:
    """An architecture's scores; None where it cannot be scored, and for a score that is not finite."""
    label = scorer.space.label(architecture)
    try:
        scores = json_numbers(scorer.score(architecture))
    except InvalidArchitectureError:
        scores = None
    return {"arch": architecture.key, "index": label if isinstance(label, int) else None, "scores": scores}


def _print_scores(space: SearchSpace, names: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Print scores, a proxy a line and an architecture a column."""
    table = Table("proxy", *(space.named(row["arch"] if row["index"] is None else row["index"]) for row in rows))
    for name in names:
        table.add_row(name, *(_score_words(space, row, name) for row in rows))
    console.print(table)


def _score_words(space: SearchSpace, row: dict[str, Any], name: str) -> str:
    if row["scores"] is None:
        return str(space.parse(row["arch"]).invalid).split(":")[0]
    return number(row["scores"][name])


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
    space: SpaceOption = registry.DEFAULT,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Score the whole space; killed at any moment, it goes on."""
    # Dask takes longer to load than all other commands to run.
    from backend.scoring.sweep import (  # noqa: PLC0415
        Sweep,
        SweepSetting,
        open_cluster,
    )

    load_own_code(proxy_module, space_module)
    setting = SweepSetting(
        dataset, _asked(proxies, registry.get(space)), batch_size, seed, device, images, space_name=space
    )
    if out is not None:
        _check_writable(out)
    known = bundled_table(dataset, space) if dataset in bundled_datasets(space) else None
    job = Sweep(setting, sweeps_folder(), known=known)
    console.print(f"shards: {job.folder}", soft_wrap=True)
    with open_cluster(scheduler, workers) as client, progress_bar() as progress:
        task = progress.add_task("classes", total=None)
        job.run(client, lambda done, total: progress.update(task, completed=done, total=total))
    _print_failures(job.failures(), setting.space)
    path = out or job.folder / SWEEP_TABLE
    write_table(job.table(), path)
    console.print(f"table: {path}", soft_wrap=True)


def _check_writable(path: Path) -> None:
    """Refuse a table that could not be written once it has been computed for hours."""
    if path.is_dir():
        raise UserError(f"--out: {path} is a folder; give the name of a file")
    make_folder(path.parent)


def _print_failures(failures: list[Failure], space: SearchSpace, shown: int = 10) -> None:
    """Print how many scores of a sweep failed, and the first of them."""
    if not failures:
        return
    console.print(f"{len(failures)} scores could not be computed:", style="yellow")
    for failure in failures[:shown]:
        console.print(f"  {space.named(failure.index)}, {failure.proxy}: {failure.reason}")
    if len(failures) > shown:
        console.print(f"  … and {len(failures) - shown} more")
