"""What the commands share: options, and how texts name proxies and paths."""

from pathlib import Path
from typing import Annotated

import typer

from backend.naming import local_path, visible
from backend.spaces import registry


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
DatasetOption = Annotated[str, typer.Option(help="cifar10, cifar10-valid, cifar100 or ImageNet16-120.")]
ProxiesOption = Annotated[str, typer.Option("--proxies", help="Comma-separated names, or all.")]
BatchSizeOption = Annotated[int, typer.Option(min=2, help="Images in the mini-batch.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of weights and images.")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
ImagesOption = Annotated[str, typer.Option(help="bundled, random, or the folder of your own data.")]
_ACCEPTED = registry.get().notations
ARCH_HELP = f"{_ACCEPTED[0].upper()}{_ACCEPTED[1:]}. Of another space: its keys."
SpaceOption = Annotated[str, typer.Option("--space", help="Name of the search space.")]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")]


def parse_proxies(text: str) -> tuple[str, ...]:
    """Proxies from comma-separated names, or all of them from "all"."""
    # Few commands name proxies, and all share this module.
    from backend import proxies  # noqa: PLC0415

    if text == "all":
        return proxies.available()
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
