"""What the commands share: options, the console, and how texts name proxies."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from backend.cell_notations import ACCEPTED

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
    typer.Option("--proxy-module", help="Python file that registers proxies of your own; repeatable."),
]
DatasetOption = Annotated[str, typer.Option(help="cifar10, cifar10-valid, cifar100 or ImageNet16-120.")]
ProxiesOption = Annotated[str, typer.Option("--proxies", help="Comma-separated names, or all.")]
BatchSizeOption = Annotated[int, typer.Option(min=2, help="Images in the mini-batch.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of weights and images.")]
DeviceOption = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
ImagesOption = Annotated[str, typer.Option(help="bundled, random, or the folder of your own data.")]
CELL_HELP = f"{ACCEPTED[0].upper()}{ACCEPTED[1:]}."
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")]

# A file or pipe has no width of its own: the tables' headings need this much.
console = Console(width=None if sys.stdout.isatty() else 120)


def printable(text: str, longest: int = 200) -> str:
    """A text that somebody stored, for a terminal: no markup or control character in it does anything.

    Args:
        text: of a database or a file.
        longest: how many characters of it are printed.
    """
    shown = text if len(text) <= longest else f"{text[:longest]}…"
    return escape("".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in shown))


def parse_proxies(text: str) -> tuple[str, ...]:
    """Proxies from comma-separated names, or all of them from "all"."""
    # The proxies load PyTorch, which not every command needs.
    from backend import proxies  # noqa: PLC0415

    if text == "all":
        return proxies.available()
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))


def progress_bar() -> Progress:
    """A bar with a count, the time so far and the time left."""
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(TextColumn("{task.description}"), *columns, console=console)
