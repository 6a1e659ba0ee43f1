"""Measures how soon a command answers: ``python -m benchmarks.startup [--repeats 10] [--json]``.

Each command is compared with the import of the libraries that it cannot do without, in fresh processes and in turn:
ratios of one run say the same on a slow machine and on a fast one. Processor time, which a busy machine changes less,
stands beside the seconds.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from backend.runs.launch import prepare
from backend.settings import HOME_VARIABLE
from backend.storage.database import open_database
from tests.conftest import cheap_config


@dataclass(frozen=True)
class Case:
    """A command, and what it is measured by.

    Attributes:
        command: arguments of ``python -m backend``.
        libraries: that are imported instead.
        aim: the largest ratio that is meant to be; None where none is set.
    """

    command: str
    libraries: str
    aim: float | None


@dataclass(frozen=True)
class Measured:
    """Medians of a case: seconds from start to end, and of processor time, of the command and of the imports."""

    case: Case
    seconds: float
    processor: float
    libraries_seconds: float
    libraries_processor: float
    ratio: float


CASES = (
    Case("--help", "typer, rich", 1.5),
    Case("studies list", "optuna, sqlalchemy, pandas", 1.3),
    Case("truth 5115", "typer, rich, pandas", None),
    Case("correlate --resamples 10", "typer, rich, pandas, scipy.stats", None),
)


def main(
    repeats: Annotated[int, typer.Option(min=1, help="counted runs of each")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="print the numbers as JSON")] = False,
) -> None:
    """Measure the start of commands, and of the libraries that they need."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, HOME_VARIABLE: home}
        # Where it is set, each process would compile the project's modules again; libraries are compiled already.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        prepare(open_database(f"sqlite:///{Path(home) / 'studies.db'}"), cheap_config(), "a study")
        results = [_measured(case, repeats, environment) for case in CASES]
    print(json.dumps([asdict(item) for item in results], indent=1)) if as_json else _print(results, repeats)


def _measured(case: Case, repeats: int, environment: dict[str, str]) -> Measured:
    command = ["-m", "backend", *case.command.split()]
    libraries = ["-c", f"import {case.libraries}"]
    own, theirs = [], []
    # The first of each, which reads files from the disk and compiles, does not count.
    for _ in range(repeats + 1):
        own.append(_timed(command, environment))
        theirs.append(_timed(libraries, environment))
    seconds, processor = (statistics.median(column) for column in zip(*own[1:], strict=True))
    by_seconds, by_processor = (statistics.median(column) for column in zip(*theirs[1:], strict=True))
    return Measured(case, seconds, processor, by_seconds, by_processor, seconds / by_seconds)


def _timed(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _print(results: list[Measured], repeats: int) -> None:
    title = f"medians of {repeats} runs in turn, {os.cpu_count()} cores"
    table = Table("command", "s", "processor s", "import", "s", "processor s", "ratio", "aim", title=title)
    for item in results:
        aim = "" if item.case.aim is None else f"≤ {item.case.aim}"
        numbers = (f"{item.seconds:.2f}", f"{item.processor:.2f}")
        theirs = (f"{item.libraries_seconds:.2f}", f"{item.libraries_processor:.2f}")
        table.add_row(item.case.command, *numbers, item.case.libraries, *theirs, f"{item.ratio:.2f}", aim)
    console = Console()
    console.print(table)
    console.print(f"load over the last minute: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    typer.run(main)
