"""Commands about scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    own_images,
    parse_proxies,
)
from backend.cli.terminal import console, progress_bar
from backend.cli.values import number, print_json
from backend.datasets.batch import available_images
from backend.datasets.info import is_own
from backend.errors import UserError
from backend.scoring import InvalidArchitectureError, Scorer
from backend.scoring.tables import SWEEP_TABLE, bundled_datasets, bundled_table, write_table
from backend.settings import make_folder
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import require_listing
from backend.studies.folders import sweeps_folder
from backend.studies.trials import json_numbers
from backend.user_code import is_named

if TYPE_CHECKING:
    from backend.scoring.prices import Price
    from backend.scoring.sweep import Failure


def score(
    archs: Annotated[
        list[str],
        typer.Argument(
            metavar="ARCH…",
            help=f"{ARCH_HELP} Of another space: its keys. Or FILE.py:NAME, a function that makes any torch.nn.Module.",
        ),
    ],
    dataset: DatasetOption = "cifar10",
    proxies: ProxiesOption = "all",
    batch_size: BatchSizeOption = 64,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    images: ImagesOption = "bundled",
    space: SpaceOption = registry.DEFAULT,
    shape: Annotated[
        str | None,
        typer.Option(
            "--input", metavar="SIZES", help="For a FILE.py:NAME: Gaussian noise of this shape, such as 3x224x224."
        ),
    ] = None,
    batch: Annotated[
        str | None,
        typer.Option(metavar="FILE.py:NAME", help="For a FILE.py:NAME: a function that returns (batch, labels)."),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Say which proxies are computed, why others are not, and what each costs here, alone and added to the "
            "others.",
        ),
    ] = False,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Score architectures, or any networks of your own, with zero-cost proxies.

    Networks run in train mode, with batch statistics and without dropout.
    """
    load_own_code(proxy_module, space_module)
    setting = _Setting(own_images(dataset, images), proxies, batch_size, seed, device, images, explain)
    own = [arch for arch in archs if is_named(arch)]
    if own and len(own) < len(archs):
        raise UserError("ARCH: give architectures of a space, or networks FILE.py:NAME, not both")
    for option, value in (("--input", shape), ("--batch", batch)):
        if value is not None and not own:
            raise UserError(f"{option}: only for networks of your own, FILE.py:NAME")
    description, rows = setting.own(own, shape, batch) if own else setting.architectures(registry.get(space), archs)
    if as_json:
        print_json([{key: value for key, value in row.items() if key not in ("title", "invalid")} for row in rows])
    else:
        console.print(description)
        if explain:
            console.print("Networks run in train mode, with batch statistics and without dropout.")
            console.print(
                "Milliseconds are measured on this machine now: of a proxy alone, and what it adds to the others."
            )
        _print_rows(rows, "reasons" if explain else "scores", parse_proxies(proxies))


@dataclass(frozen=True)
class _Setting:
    """What is asked for, of whatever network; `explain` asks for reasons instead of scores."""

    dataset: str
    proxies: str
    batch_size: int
    seed: int
    device: str
    images: str
    explain: bool

    def architectures(self, space: SearchSpace, archs: Sequence[str]) -> tuple[str, list[dict[str, Any]]]:
        """A sentence on the images, and of each architecture its names and its scores, or reasons, by proxy."""
        architectures = [space.read(arch) for arch in archs]
        scorer = Scorer(
            self.dataset,
            parse_proxies(self.proxies),
            batch_size=self.batch_size,
            seed=self.seed,
            device=self.device,
            image_source=self.images,
            space=space,
            check=not (self.explain or self.proxies == "all"),
        )
        return scorer.batch.description, [self._row(scorer, architecture) for architecture in architectures]

    def _row(self, scorer: Scorer, architecture: Architecture) -> dict[str, Any]:
        """None in place of the scores of what cannot be scored, and for a score that is not finite."""
        label = scorer.space.label(architecture)
        row: dict[str, Any] = {"arch": architecture.key, "index": label if isinstance(label, int) else None}
        row["title"] = scorer.space.named(label)
        try:
            reasons = scorer.explain(architecture)
            names = [name for name, reason in reasons.items() if self.proxies != "all" or not reason]
            found = reasons if self.explain else json_numbers(scorer.score(architecture, names))
            if self.explain:
                row["milliseconds"] = _milliseconds(scorer.prices(architecture))
        except InvalidArchitectureError:
            found, row["invalid"] = None, str(architecture.invalid).split(":")[0]
        return {**row, ("reasons" if self.explain else "scores"): found}

    def own(self, named: Sequence[str], shape: str | None, batch: str | None) -> tuple[str, list[dict[str, Any]]]:
        """The same of networks that functions of the user's files make."""
        # What other commands need none of.
        from backend.cli import own_networks  # noqa: PLC0415

        source = own_networks.BatchSource(self.dataset, self.images, self.batch_size, self.seed, shape, batch)
        names, description, rows = parse_proxies(self.proxies), "", []
        for text in named:
            network = own_networks.build(text, self.seed, self.device)
            task, description = source.task(network)
            row: dict[str, Any] = {"arch": text, "index": None, "title": text}
            if self.explain or self.proxies == "all":
                reasons = own_networks.explained(network, task, self.seed)
            if self.explain:
                row["reasons"] = {name: reasons[name] for name in names}
                row["milliseconds"] = _milliseconds(own_networks.priced(network, task, names, self.seed))
            else:
                wanted = [name for name in names if self.proxies != "all" or not reasons[name]]
                row["scores"] = own_networks.scored(network, task, wanted, self.seed)
            rows.append(row)
        return description, rows


def _swept(proxies: str, dataset: str, images: str, space: SearchSpace) -> tuple[str, ...]:
    """Proxies from comma-separated names; "all" are those that are computed for the first architecture of a space."""
    names = parse_proxies(proxies)
    if proxies != "all":
        return names
    first = space.at(require_listing(space, "sweep").dropna().iloc[0])
    source, count = "random", 16
    if is_own(images):
        source, count = images, min(count, available_images(dataset, images))
    scorer = Scorer(dataset, names, batch_size=count, device="cpu", image_source=source, space=space, check=False)
    return tuple(name for name, reason in scorer.explain(first).items() if not reason)


def _print_rows(rows: list[dict[str, Any]], key: str, names: Sequence[str]) -> None:
    """Print scores or reasons, a proxy a line and a network a column."""
    table = Table("proxy", *(row["title"] for row in rows))
    for name in [name for name in names if any(row[key] is None or name in row[key] for row in rows)]:
        table.add_row(name, *(_words(row, key, name) for row in rows))
    console.print(table)


def _words(row: dict[str, Any], key: str, name: str) -> str:
    if row[key] is None:
        return str(row["invalid"])
    if name not in row[key]:
        return "–"
    if key == "scores":
        return number(row[key][name])
    if row[key][name]:
        return str(row[key][name])
    price = row["milliseconds"][name]
    return f"computed: {price['alone']:.0f} ms alone, {price['added']:.0f} ms added"


def _milliseconds(prices: Mapping[str, Price]) -> dict[str, dict[str, float]]:
    """Of each proxy, alone and added to the others."""
    return {
        name: {kind: round(1e3 * seconds, 3) for kind, seconds in price._asdict().items()}
        for name, price in prices.items()
    }


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
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Score so many classes, drawn at random; a larger sample later goes on from there.",
            show_default="all",
        ),
    ] = None,
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
    dataset = own_images(dataset, images)
    names = _swept(proxies, dataset, images, registry.get(space))
    setting = SweepSetting(dataset, names, batch_size, seed, device, images, space_name=space)
    if out is not None:
        _check_writable(out)
    known = bundled_table(dataset, space) if dataset in bundled_datasets(space) else None
    job = Sweep(setting, sweeps_folder(), known=known, sample=sample)
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
        console.print(f"  {space.named(failure.label)}, {failure.proxy}: {failure.reason}")
    if len(failures) > shown:
        console.print(f"  … and {len(failures) - shown} more")
