"""Measures the dashboard's pages on a study of 100 and one of 10,000 trials; ``python -m benchmarks.dashboard --help``.

Server time: from asking for a page over its WebSocket until its script has run and all that it draws has arrived. Cold:
with empty caches, in a process that has its libraries and tables loaded. First paint: in a real browser, until the
page's title and until its first chart stand. A poll: what a live page asks for by itself, with five new trials each
time, or with none. optuna-dashboard's request for a study's details, on the same database, stands beside.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final
from urllib.error import URLError
from urllib.request import urlopen

import typer
from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.table import Table

from backend.config.model import SearchConfig
from backend.settings import HOME_VARIABLE
from backend.storage.database import Database, open_database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import load_study, runs
from benchmarks.large_study import append_trials, make_study
from benchmarks.visitor import Visitor
from tests.browser.app import CHROMIUM_ARGUMENTS, find_chromium, free_port, running_app

_VIEWS: Final = ("overview", "parallel", "settings", "time", "trials", "log")
_PROXIES: Final = "proxies, with intervals"
_PAGES: Final[dict[str, tuple[str, dict[str, str]]]] = {
    **{f"study: {view}": ("study", {"view": view}) for view in _VIEWS},
    "study: hypervolume": ("study", {"curve": "hypervolume"}),
    "study: true accuracy": ("study", {"curve": "accuracy"}),
    _PROXIES: ("proxies", {}),
    "compare": ("compare", {}),
    "benchmark: study": ("benchmark", {"view": "study"}),
    "studies": ("", {}),
    "new search": ("new-search", {}),
}
_ANY: Final = "any"
_NEW = 5
_PATIENCE = 120_000
_CHART = ".js-plotly-plot .main-svg"

Times = dict[str, dict[str, float]]


def main(
    sizes: Annotated[list[int] | None, typer.Option("--trials", help="sizes of the studies; 100 and 10,000")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="warm requests and polls of each kind")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="print the times as JSON")] = False,
) -> None:
    """Measure the dashboard's pages."""
    numbers = sizes or [100, 10_000]
    with tempfile.TemporaryDirectory() as home:
        os.environ[HOME_VARIABLE] = home
        os.environ.pop("PROXYSCOPE_STORAGE", None)
        database = open_database()
        make_study(database, _ANY, 20)
        configs = {number: make_study(database, str(number), number) for number in numbers}
        times: Times = {}
        with running_app(Path(home)) as address:
            _first_visit(address)
            for number in numbers:
                _server_times(address, number, repeats, times)
                _paint_times(address, number, times)
                _poll_times(address, database, configs[number], number, repeats, times)
        for number in numbers:
            _other_times(database, number, repeats, times)
    print(json.dumps(times, indent=1)) if as_json else _print(times, numbers, repeats)


def _first_visit(address: str) -> None:
    """Load libraries and tables: each page of a study that is not measured."""
    with Visitor(address) as visitor:
        for page, parameters in _PAGES.values():
            visitor.open(page, study=_ANY, **parameters)


def _server_times(address: str, number: int, repeats: int, times: Times) -> None:
    with Visitor(address) as visitor:
        for name, (page, parameters) in _PAGES.items():
            visitor.forget()
            cold = visitor.open(page, study=str(number), **parameters)
            drawn = visitor.drawn
            warm = statistics.median(visitor.open(page, study=str(number), **parameters) for _ in range(repeats))
            times.setdefault(name, {}).update({f"{number} cold": cold, f"{number} warm": warm})
            if name == _PROXIES:
                times.setdefault(f"{name}: all else drawn", {})[f"{number} cold"] = drawn


def _paint_times(address: str, number: int, times: Times) -> None:
    chromium = find_chromium()
    if chromium is None:
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGUMENTS)
        for state in ("cold", "warm"):
            if state == "cold":
                with Visitor(address) as visitor:
                    visitor.forget()
            page = browser.new_page(viewport={"width": 1440, "height": 1400})
            started = time.perf_counter()
            page.goto(f"{address}/study?study={number}")
            page.wait_for_selector("h1", timeout=_PATIENCE)
            title = time.perf_counter() - started
            page.wait_for_selector(_CHART, state="attached", timeout=_PATIENCE)
            chart = time.perf_counter() - started
            times.setdefault("first paint: title", {})[f"{number} {state}"] = title
            times.setdefault("first paint: chart", {})[f"{number} {state}"] = chart
            page.close()
        browser.close()


def _poll_times(
    address: str, database: Database, config: SearchConfig, number: int, repeats: int, times: Times
) -> None:
    """The study's run is taken up again by this process, and gets trials between two polls."""
    study_id, there = study_id_of(load_study(database, str(number))), number
    runs.requeue(database, study_id, number + repeats * _NEW)
    runs.claim(database, study_id)
    with Visitor(address) as visitor:
        visitor.open("study", study=str(number))
        visitor.poll()
        idle = statistics.median(visitor.poll() for _ in range(repeats))
        news = []
        for _ in range(repeats):
            append_trials(database, str(number), config, range(there, there + _NEW))
            there += _NEW
            news.append(visitor.poll())
    runs.end(database, study_id, "finished", "")
    times.setdefault("a poll, nothing new", {})[f"{number} warm"] = idle
    times.setdefault(f"a poll, {_NEW} new trials", {})[f"{number} warm"] = statistics.median(news)


def _other_times(database: Database, number: int, repeats: int, times: Times) -> None:
    study_id = study_id_of(load_study(database, str(number)))
    with _optuna_dashboard(database.url) as address:
        url = f"{address}/api/studies/{study_id}?after=0"
        cold, *warm = [_seconds(url) for _ in range(1 + min(repeats, 3))]
    times.setdefault("optuna-dashboard: study detail", {}).update(
        {f"{number} cold": cold, f"{number} warm": statistics.median(warm)}
    )


@contextmanager
def _optuna_dashboard(url: str) -> Iterator[str]:
    """It on a free port; a process of its own, with nothing read yet."""
    port = free_port()
    code = "from optuna_dashboard._cli import main; main()"
    command = [sys.executable, "-c", code, url, "--port", str(port), "--host", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + _PATIENCE / 1000
        while time.monotonic() < deadline:
            try:
                _seconds(f"{address}/api/meta")
                break
            except URLError:
                time.sleep(0.3)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=30)


def _seconds(url: str) -> float:
    started = time.perf_counter()
    with urlopen(url, timeout=_PATIENCE / 1000) as answer:
        answer.read()
    return time.perf_counter() - started


def _print(times: Times, numbers: list[int], repeats: int) -> None:
    columns = [f"{number} {state}" for number in numbers for state in ("cold", "warm")]
    table = Table("seconds", *columns, title=f"warm: median of {repeats}; {os.cpu_count()} cores")
    for name, row in times.items():
        table.add_row(name, *(f"{row[column]:.3f}" if column in row else "" for column in columns))
    console = Console()
    console.print(table)
    console.print(f"load over the last minute: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    typer.run(main)
