"""What the commands share: options, and how texts name proxies and paths."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.datasets.info import DATASETS, named_for
from backend.errors import UserError
from backend.naming import local_path, visible
from backend.spaces import registry
from backend.user_code import is_named

if TYPE_CHECKING:
    from backend.scoring.tables import ScoreTable
    from backend.spaces.capabilities import HasTruth


def given_path(text: str | Path) -> Path:
    """The path of an argument; every argument that is one is read by this.

    Raises:
        BadParameter: the system cannot look there.
    """
    path = local_path(text)
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        raise typer.BadParameter(f"{visible(str(text))}: {error.strerror}") from None
    return path


StorageOption = Annotated[
    str | None,
    typer.Option(
        "--storage",
        help="SQLAlchemy URL of the study database.",
        envvar="PROXYSCOPE_STORAGE",
        show_default="storage/studies.db",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModuleOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--proxy-module",
        parser=given_path,
        metavar="FILE",
        help="Python file that registers proxies of your own; repeatable.",
    ),
]
SpaceModuleOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--space-module",
        parser=given_path,
        metavar="FILE",
        help="Python file with search spaces of your own; repeatable.",
    ),
]
DataModuleOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--data-module",
        parser=given_path,
        metavar="FILE",
        help="Python file whose functions a search file may name as images; repeatable.",
    ),
]
DatasetOption = Annotated[
    str, typer.Option(help=f"{', '.join(DATASETS[:-1])} or {DATASETS[-1]}; any name for images of your own.")
]
ProxiesOption = Annotated[str, typer.Option("--proxies", help="Comma-separated names, or all.")]
BatchSizeOption = Annotated[int, typer.Option(min=2, help="Images in the mini-batch.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of weights and images.")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
ImagesOption = Annotated[
    str,
    typer.Option(
        help="bundled, random, the folder of the data set's files, or images of your own: folder:PATH (a folder for "
        "each class), npz:FILE, idx:PATH, hf:PATH, each with a size as in folder@64:PATH, or FILE.py:NAME."
    ),
]
_ACCEPTED = registry.get().notations
ARCH_HELP = f"{_ACCEPTED[0].upper()}{_ACCEPTED[1:]}. Of another space: its keys."
TableSpaceOption = Annotated[
    str | None, typer.Option("--space", help="Name of the search space.", show_default="that of the table")
]
TruthOption = Annotated[
    str | None,
    typer.Option(
        "--truth",
        metavar="DATASET|TASK",
        help="What to compare with, where the space was trained on other images than are scored on.",
        show_default="the data set",
    ),
]
SpaceOption = Annotated[str, typer.Option("--space", help="Name of the search space.")]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")]


def load_own_code(
    proxy_modules: Sequence[Path] | None,
    space_modules: Sequence[Path] | None,
    data_modules: Sequence[Path] | None = None,
) -> None:
    """Load the proxies and search spaces that the user names, here and in the environment, and allow their data.

    Raises:
        UserError: a file is missing or does not load.
    """
    # Few commands take such files, and all share this module.
    from backend.proxies.own import load_user_proxies  # noqa: PLC0415
    from backend.spaces.own import load_user_spaces  # noqa: PLC0415

    load_user_spaces(space_modules or [])
    load_user_proxies(proxy_modules or [])
    if data_modules:
        from backend.datasets.own_code import allow_data_files  # noqa: PLC0415 - loads PyTorch

        allow_data_files(data_modules)


def own_images(dataset: str, images: str) -> str:
    """The name of the data set of images that a command names; it may run the file that these are a function of."""
    file = given_path(images.rpartition(":")[0]) if is_named(images) else None
    if file and file.is_file():
        from backend.datasets.own_code import allow_data_files  # noqa: PLC0415 - loads PyTorch

        allow_data_files([file])
    return named_for(dataset, images)


def given_table(path: Path | None, dataset: str, space: str | None) -> ScoreTable:
    """The score table that a command names, or the bundled one of a data set.

    Args:
        path: of the table; None takes the bundled one.
        dataset: of the bundled one.
        space: that the table has to be of; None takes a file's own, or the default one.

    Raises:
        UserError: there is none, or it is of another space.
    """
    # Few commands read one, and all share this module.
    from backend.scoring.tables import bundled_table, read_table  # noqa: PLC0415

    asked = None if space is None else registry.get(space)
    if path is None:
        return bundled_table(dataset, asked.name if asked else registry.DEFAULT)
    found = read_table(path)
    if asked and asked.name != found.provenance.space:
        raise UserError(f"--table: it is of {registry.get(found.provenance.space).title}, not of {asked.title}")
    return found


def longest(truth: HasTruth, dataset: str) -> int:
    """Length of the longest training on a data set; of one that there is none on, the longest of all."""
    return (truth.lengths(dataset) or truth.epochs)[-1]


def parse_proxies(text: str) -> tuple[str, ...]:
    """Proxies from comma-separated names, or all of them from "all"."""
    # Few commands name proxies, and all share this module.
    from backend import proxies  # noqa: PLC0415

    if text == "all":
        return proxies.available()
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
