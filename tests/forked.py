"""Processes of the project's programs, forked from one that has imported already what takes them longest.

What runs in them is what a user starts, ``python -m backend …`` or ``streamlit run …``, from its entry point on.
"""

import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import ModuleType
from typing import Protocol

import pytest


class Process(Protocol):
    """A process, forked or started."""

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""

    def kill(self) -> None:
        """Kill it, as far as it is still there."""

    def terminate(self) -> None:
        """Ask it to end."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit status."""


class Forked:
    """A program in a process of its own, with one thread a processor pool.

    Args:
        entry: module and function that the program begins with, such as "backend.cli:main".
        arguments: of the program, its name first.
        environment: of the process.
        output: the file of what it prints; None leaves it nowhere.
        folder: in which it runs; None takes this process's.
    """

    def __init__(
        self,
        entry: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        output: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        given = (entry, list(arguments), dict(environment), output or Path(os.devnull), folder or Path.cwd())
        self._process = fork_server().Process(target=_run, args=given, daemon=True)
        with pytest.MonkeyPatch.context() as patch:
            # What the tests' main module is would be run in the child again.
            patch.setitem(sys.modules, "__main__", ModuleType("__main__"))
            self._process.start()

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.exitcode

    def kill(self) -> None:
        """Kill it, as far as it is still there."""
        self._process.kill()

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; its exit status."""
        self._process.join(timeout)
        assert self._process.exitcode is not None, "it did not end in time"
        return self._process.exitcode


@cache
def fork_server() -> ForkServerContext:
    """Makes processes that have imported already what the project's programs import."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "tests.warm"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        forkserver.ensure_running()
    return context


def _run(entry: str, arguments: list[str], environment: dict[str, str], output: Path, folder: Path) -> None:
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    with output.open("wb") as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.argv = arguments
    module, function = entry.split(":")
    getattr(import_module(module), function)()
