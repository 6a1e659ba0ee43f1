"""Commands whose modules are loaded when they are called: PyTorch and Dask take seconds, and few commands need them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context, HelpFormatter

COMMANDS = {
    "search": ("searches", "Run a search; print best trials and ensemble weights."),
    "run": ("searches", "Execute a queued study in this process."),
    "queue": ("searches", "Start the searches that wait in this machine's queue, one after the other."),
    "worker": (
        "searches",
        "Take queued searches and trainings, and join running searches that have room, until stopped.",
    ),
    "score": ("scores", "Score architectures, or any networks of your own, with zero-cost proxies."),
    "sweep": ("scores", "Score the whole space; killed at any moment, it goes on."),
    "correlate": ("correlations", "Show how well each proxy ranks the space by true accuracy."),
    "ensemble": (
        "ensembles",
        "Fit ensembles of proxies on a study's architectures, and judge them on unseen ones.",
    ),
    "import-ensemble": ("ensembles", "Keep an ensemble from a file in the study database."),
    "recommend": (
        "recommendations",
        "Name the architectures of a study to train, by a fixed rule without any label.",
    ),
    "train": ("training", "Train the recommended architectures of a study, and measure their accuracy."),
    "trainings": ("training", "Show which architectures of a study are trained here, and what was measured."),
    "truth": ("truth", "Show what was measured of an architecture, and which release each number is from."),
    "import-benchmark": ("truth", "Import the official files: every field, every seed."),
    "studies": ("studies", "List, show, share, stop, resume and delete studies."),
}
"""The module of each command and what the help says of it, in the order of the help."""


class LazyCommands(TyperGroup):
    """A group that knows its commands by name and loads each when it is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:
        """All names."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a name, loaded; None where there is none."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: Context, formatter: HelpFormatter) -> None:
        """Write what each command does, without loading any."""
        listed: dict[str, Command] = {name: TyperCommand(name, help=words) for name, (_, words) in COMMANDS.items()}
        TyperGroup(commands=listed).format_commands(ctx, formatter)


def _load(name: str) -> Command:
    module = import_module(f"backend.cli.{COMMANDS[name][0]}")
    group = getattr(module, "app", None)
    if group is None:
        group = typer.Typer(add_completion=False, rich_markup_mode=None)
        group.command()(getattr(module, name.replace("-", "_")))
    command = typer.main.get_command(group)
    command.name = name
    return command
