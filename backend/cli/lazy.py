"""Commands whose modules are loaded when they are called: PyTorch and Dask take seconds, and few commands need them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from typer._click import Command, Context

_MODULES = {
    "search": "searches",
    "run": "searches",
    "queue": "searches",
    "worker": "searches",
    "score": "scores",
    "sweep": "scores",
    "correlate": "scores",
    "ensemble": "ensembles",
    "import-ensemble": "ensembles",
    "recommend": "recommendations",
    "truth": "truth",
    "import-benchmark": "truth",
    "studies": "studies",
}
"""The module of each command, in the order of the help."""


class LazyCommands(TyperGroup):
    """A group that knows its commands by name and loads each when it is asked for."""

    def list_commands(self, ctx: Context) -> list[str]:
        """All names."""
        del ctx
        return list(_MODULES)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a name, loaded; None where there is none."""
        if cmd_name in _MODULES and cmd_name not in self.commands:
            self.commands[cmd_name] = _load(cmd_name)
        return super().get_command(ctx, cmd_name)


def _load(name: str) -> Command:
    module = import_module(f"backend.cli.{_MODULES[name]}")
    group = getattr(module, "app", None)
    if group is None:
        group = typer.Typer(add_completion=False, rich_markup_mode=None)
        group.command()(getattr(module, name.replace("-", "_")))
    command = typer.main.get_command(group)
    command.name = name
    return command
