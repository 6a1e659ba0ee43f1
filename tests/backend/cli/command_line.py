"""The command line as a user runs it: in this process, where nothing but the interpreter's start is left out."""

import logging
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import main
from backend.proxies import registry


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str


def run(*arguments: str | Path, typed: str | None = None, program: Callable[[], object] = main) -> Done:
    """Run ``python -m backend``: its own handling of errors, streams and environment, and nothing that it leaves.

    Args:
        arguments: of the command.
        typed: what stands on standard input; None is an empty one.
        program: another one to run.
    """
    status = 0
    with CliRunner().isolation(typed, env={"COLUMNS": "200"}) as (out, err, _), _as_a_process(arguments):
        try:
            program()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        except Exception:  # noqa: BLE001 - as the interpreter does
            traceback.print_exc()
            status = 1
        sys.stdout.flush()
        sys.stderr.flush()
        return Done(status, out.getvalue().decode(), err.getvalue().decode())


def backend(*arguments: str | Path, status: int = 0, typed: str | None = None) -> Done:
    """Run ``python -m backend``; its exit status must be as expected."""
    done = run(*arguments, typed=typed)
    assert done.status == status, done
    return done


def refused(*arguments: str | Path) -> str:
    """Run ``python -m backend``; it must end with one line on standard error and status 2."""
    printed = backend(*arguments, status=2).stderr
    assert printed.startswith("error: ")
    assert len(printed.strip().splitlines()) == 1
    return printed


def in_a_process(
    *arguments: str | Path, status: int = 0, before: tuple[str, ...] = (), **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m backend`` in a process of its own; its exit status must be as expected.

    Args:
        arguments: of the command.
        status: that it ends with.
        before: a program, with its arguments, that starts it.
        environment: variables beside those of this process.
    """
    command = [*before, sys.executable, "-m", "backend", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200", **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert done.returncode == status, done.stderr
    return done


def in_a_process_of_its_own(source: str) -> None:
    """Run Python that may end its process from within; it must end as it should."""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr)


@contextmanager
def _as_a_process(arguments: tuple[str | Path, ...]) -> Iterator[None]:
    """What a command changes in its process is as before at the end: variables, the user's proxies, the log.

    A process has no handlers of its log at first. With pytest's, a warning would not reach standard error.
    """
    environment, proxies, log = dict(os.environ), dict(registry._PROXIES), logging.getLogger()
    handlers, level = log.handlers[:], log.level
    log.handlers.clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["backend", *map(str, arguments)])
        try:
            yield
        finally:
            log.handlers[:] = handlers
            log.setLevel(level)
            os.environ.clear()
            os.environ.update(environment)
            registry._PROXIES.clear()
            registry._PROXIES.update(proxies)
