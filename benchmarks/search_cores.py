"""Measures a search by how it uses the cores: ``python -m benchmarks.search_cores [--trials 24] [--rounds 3]``.

The same architectures are scored one at a time in all threads, one at a time in one, and one a core (``n_jobs =
"auto"``), in turn, on a database of their own each: first with nothing beside them, then beside processes that never
sleep. For more cores than there are it prints an estimate: the schedule of the seconds that each takes in one thread.
"""

from __future__ import annotations

import heapq
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from rich.table import Table

from backend.config.model import SearchConfig
from backend.config.sections import SearchSetup
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.runs.search_loop import delay_of
from backend.storage.database import open_database
from backend.studies import load_study
from backend.studies.trials import SECONDS

_EXAMPLE = Path(__file__).parents[1] / "configs" / "quickstart.toml"
_KINDS = {"one at a time, all threads": (1, 0), "one at a time, one thread": (1, 1), "one a core (auto)": ("auto", 0)}
"""What is compared: ``n_jobs``, and PyTorch's threads (0: all)."""
console = Console(width=120)


def searched(trials: int, n_jobs: int | str, threads: int) -> tuple[float, list[float]]:
    """A whole search: its seconds, and those of each trial by number."""
    tables = SearchConfig.from_file(_EXAMPLE).model_dump(exclude_none=True)
    # Drawn at random, so that all searches score the same architectures.
    tables["strategy"]["setup"] |= {"n_trials": trials, "n_jobs": n_jobs, "sampler": "random"}
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/studies.db")
        name = prepare(database, SearchConfig.from_mapping({"search": tables}), "search")
        started = time.perf_counter()
        execute_run(database, name)
        taken = time.perf_counter() - started
        seconds = [trial.user_attrs[SECONDS] for trial in load_study(database, name).trials]
        database.close()
    torch.set_num_threads(before)
    return taken, seconds


def scheduled(seconds: Sequence[float], cores: int) -> float:
    """The length of a search whose trials take so long in one thread each, by the rule of the search loop."""
    setup, free, ends = SearchSetup(sampler="tpe"), [0.0] * min(cores, len(seconds)), list[float]()
    for number, length in enumerate(seconds):
        known = max(ends[: max(0, number - delay_of(setup, number) + 1)], default=0.0)
        ends.append(max(heapq.heappop(free), known) + length)
        heapq.heappush(free, ends[-1])
    return max(ends)


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Processes that never sleep."""
    spawn = multiprocessing.get_context("spawn")
    there = [spawn.Process(target=_spin, daemon=True) for _ in range(processes)]
    for process in there:
        process.start()
    try:
        yield
    finally:
        for process in there:
            process.kill()
            process.join()


def _spin() -> None:
    while True:
        pass


def main(
    trials: Annotated[int, typer.Option(min=2, help="Of each search.")] = 24,
    rounds: Annotated[int, typer.Option(min=1, help="Searches of each kind, in turn.")] = 3,
    beside: Annotated[int, typer.Option("--load", min=0, help="Processes that compete in the second half.")] = 1,
) -> None:
    """Time searches of the quick start that use the cores in different ways."""
    searched(2, 1, 0)  # loads the libraries
    alone: list[float] = []
    for processes in (0, beside) if beside else (0,):
        with load(processes):
            taken: dict[str, list[float]] = {kind: [] for kind in _KINDS}
            for _ in range(rounds):
                for kind, (n_jobs, threads) in _KINDS.items():
                    seconds, each = searched(trials, n_jobs, threads)
                    taken[kind].append(seconds)
                    alone = each if threads == 1 and not processes else alone
        _report(f"{trials} trials beside {processes} busy processes", taken)
    estimates = ", ".join(f"{cores}: {scheduled(alone, cores):.1f} s" for cores in (1, 2, 4, 8))
    console.print(f"estimate of the scoring by cores, from the seconds in one thread: {estimates}")


def _report(title: str, taken: dict[str, list[float]]) -> None:
    table = Table(title=f"{title}, {torch.get_num_threads()} threads", title_justify="left")
    for head in ("how", "median s", "of the first", "least s", "most s"):
        table.add_column(head, justify="left" if head == "how" else "right")
    first = statistics.median(next(iter(taken.values())))
    for kind, seconds in taken.items():
        middle = statistics.median(seconds)
        table.add_row(kind, f"{middle:.1f}", f"{first / middle:.2f}×", f"{min(seconds):.1f}", f"{max(seconds):.1f}")
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
