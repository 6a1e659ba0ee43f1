"""Measures how many trials a second workers share: ``python -m benchmarks.scale [--workers 1,2,4,8,16,32]``.

Scores come from a table and cells are drawn at random, so that a trial is what Python and the database do for it. A
worker's processor time and the server's are told apart: on one machine they share its cores, in a cluster they do not.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import psutil
import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select

from backend.config.model import SearchConfig
from backend.runs.launch import prepare, process_environment, stop
from backend.runs.tickets import Tickets
from backend.storage.database import Database, open_database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.schema import tickets
from backend.studies import load_study, runs, workers
from benchmarks import optuna_alone
from tests.browser.app import free_port
from tests.postgres.pooler import pooled
from tests.postgres.server import Server, find_programs, running_server

_TRIALS = 15_000
_STUDY = "scale"
_EXAMPLE = Path(__file__).parents[1] / "configs" / "quickstart.toml"
console = Console(width=150)


@dataclass(frozen=True)
class Sample:
    """Counts at a moment: seconds of the clock and of processors, trials, commits, bytes of the server's log."""

    clock: float
    trials: int
    of_workers: float
    of_server: float
    commits: int
    log_bytes: int


@dataclass(frozen=True)
class Row:
    """What a window has shown."""

    workers: int
    before: Sample
    after: Sample
    connections: int

    @property
    def rate(self) -> float:
        """Trials a second."""
        return (self.after.trials - self.before.trials) / (self.after.clock - self.before.clock)

    def per_trial(self, name: str) -> float:
        """So much of a count for each trial."""
        return float(getattr(self.after, name) - getattr(self.before, name)) / max(
            1, self.after.trials - self.before.trials
        )


def main(
    workers: Annotated[str, typer.Option(help="Numbers of workers, separated by commas.")] = "1,2,4,8,16,32",
    seconds: Annotated[float, typer.Option(help="Length of a window.")] = 15.0,
    parts: Annotated[
        str, typer.Option(help="Of postgres, pooler, sqlite, optuna, grpc, ticket, halves.")
    ] = "postgres,pooler,sqlite,optuna,grpc,ticket,halves",
    trials: Annotated[int, typer.Option(help="Trials of the search that one worker and two finish.")] = 60,
) -> None:
    """Run what is asked for, each on a PostgreSQL server of its own that syncs its log to the disk."""
    asked, numbers = parts.split(","), [int(number) for number in workers.split(",")]
    programs = find_programs()
    if programs is None:
        raise SystemExit("no PostgreSQL: install Debian's package postgresql")
    with running_server(programs, settings={"fsync": "on"}) as server:
        if "postgres" in asked:
            _report("Workers on PostgreSQL", [window(server, server.create(), n, seconds) for n in numbers])
        if "pooler" in asked:
            with pooled(server) as through:
                rows = [window(server, server.create(), n, seconds, through) for n in numbers]
            _report("Workers on PostgreSQL behind PgBouncer", rows)
        if "sqlite" in asked:
            few = [number for number in numbers if number <= 4]
            with tempfile.TemporaryDirectory() as folder:
                urls = [f"sqlite:///{folder}/{number}.db" for number in few]
                rows = [window(None, url, n, seconds) for url, n in zip(urls, few, strict=True)]
            _report("Workers on SQLite", rows)
        if "optuna" in asked:
            _report("Optuna alone, straight to PostgreSQL", [alone(server, n, seconds, grpc=False) for n in numbers])
        if "grpc" in asked:
            title = "Optuna alone, through its gRPC proxy (its processor time is the server's)"
            _report(title, [alone(server, n, seconds, grpc=True) for n in numbers])
        if "ticket" in asked:
            print_ticket(open_database(server.create()))
        if "halves" in asked:
            print_halves(server, trials)


def window(server: Server | None, url: str, number: int, seconds: float, through: Callable[[str], str] = str) -> Row:
    """What workers do in a time, once all have joined one search and done a trial: the first takes a worker seconds.

    Args:
        server: where the database is; None for SQLite.
        url: of an empty database.
        number: of workers.
        seconds: of the window.
        through: makes the URL that the workers open of the database's own.
    """
    database = open_database(url)
    with started(open_database(through(url)), number) as processes:
        study_id = _queue(database, _table_config(number))
        _wait(lambda: len(_at_work(database, study_id)) == number)
        before = _sample(database, server, processes)
        time.sleep(seconds)
        after = _sample(database, server, processes)
        row = Row(number, before, after, _connections(database, server))
        stop(database, _STUDY)
        _wait(lambda: not _run(database, study_id).active)
    database.close()
    return row


def _at_work(database: Database, study_id: int) -> list[workers.Worker]:
    return [worker for worker in workers.list_workers(database, study_id) if worker.trials]


def alone(server: Server, number: int, seconds: float, *, grpc: bool) -> Row:
    """What processes do that use Optuna's storage and nothing else."""
    url, port = server.create(), free_port()
    database = open_database(url)
    database.prepare()

    def measured(proxy: list[int]) -> Row:
        steps = optuna_alone.trials_in(url, number, seconds, port if grpc else None)
        there = [psutil.Process(pid) for pid in next(steps)]
        begun = time.monotonic(), _cpu(there), _server_cpu(server, proxy), *_server_counts(database)
        next(steps)
        ended = time.monotonic(), _cpu(there), _server_cpu(server, proxy), *_server_counts(database)
        connections = _connections(database, server)
        done = next(steps)
        samples = [Sample(clock, n, *rest) for n, (clock, *rest) in ((0, begun), (done, ended))]
        return Row(number, *samples, connections)

    if not grpc:
        return measured([])
    with optuna_alone.grpc_proxy(url, port) as pid:
        return measured([pid])


def print_ticket(database: Database, count: int = 500) -> None:
    """How long the step takes that workers do one after the other: it holds the run's row."""
    study_id = _queue(database, _table_config(2))
    runs.claim(database, study_id)
    book = Tickets(database, study_id, _TRIALS)
    began = time.perf_counter()
    for _ in range(count):
        book.take(uuid4().hex, 1)
    each = (time.perf_counter() - began) / count
    console.print(f"a ticket, one process alone: {1000 * each:.2f} ms, so at most {1 / each:.0f} trials a second a run")


def print_halves(server: Server, trials: int) -> None:
    """The same search, scored for real, by one worker and by two, with one thread each."""
    seconds = {number: _seconds_of(server, number, trials) for number in (1, 2)}
    ratio = seconds[2] / seconds[1]
    console.print(f"{trials} trials: {seconds[1]:.1f} s with one worker, {seconds[2]:.1f} s with two: {ratio:.2f}")


def _seconds_of(server: Server, number: int, trials: int) -> float:
    database = open_database(server.create())
    tables = SearchConfig.from_file(_EXAMPLE).model_dump(exclude_none=True)
    # Drawn at random, so that both searches score cells of one size.
    tables["strategy"]["setup"] |= {"n_trials": trials, "n_workers": 2, "sampler": "random"}
    config = SearchConfig.from_mapping({"search": tables})
    with started(database, number):
        study_id = _queue(database, config)
        began = time.perf_counter()
        _wait(lambda: not _run(database, study_id).active and _run(database, study_id).state != "queued", 3_600)
        return time.perf_counter() - began


@contextmanager
def started(database: Database, number: int) -> Iterator[list[psutil.Process]]:
    """Workers with one thread each, that have loaded all they need and wait for a search."""
    environment = {**process_environment(database), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "backend", "worker"]
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        environment["PROXYSCOPE_HOME"] = folder
        logs = [Path(folder) / f"{position}.log" for position in range(number)]
        processes = []
        for log in logs:
            with log.open("wb") as file:
                processes.append(subprocess.Popen(command, env=environment, stdout=file, stderr=file))
        try:
            _wait(lambda: all("waiting for searches" in log.read_text() for log in logs))
            yield [psutil.Process(process.pid) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()


def _table_config(number: int) -> SearchConfig:
    setup = {"n_trials": _TRIALS, "n_workers": max(2, number), "sampler": "random"}
    runner = {"metrics": ["naswot_relu", "params"], "scores": "table"}
    metrics = {"naswot_relu": {"scale": 1.0}, "params": {"scale": 1.0, "direction": "minimize"}}
    strategy = {"setup": setup, "sw_runner": {"zero_cost": runner}, "metrics": metrics}
    return SearchConfig.from_mapping({"search": {"strategy": strategy}})


def _queue(database: Database, config: SearchConfig) -> int:
    return study_id_of(load_study(database, prepare(database, config, _STUDY)))


def _run(database: Database, study_id: int) -> runs.Run:
    run = runs.read_run(database, study_id)
    assert run is not None
    return run


def _sample(database: Database, server: Server | None, processes: list[psutil.Process]) -> Sample:
    with database.engine.connect() as connection:
        done = connection.scalar(select(func.count()).select_from(tickets).where(tickets.c.state == "counted")) or 0
    counts = _server_counts(database) if server else (0, 0)
    return Sample(time.monotonic(), done, _cpu(processes), _server_cpu(server, []) if server else 0.0, *counts)


def _server_counts(database: Database) -> tuple[int, int]:
    query = "SELECT xact_commit, pg_current_wal_lsn() - '0/0' FROM pg_stat_database WHERE datname = current_database()"
    with database.engine.connect() as connection:
        commits, log_bytes = connection.exec_driver_sql(query).one()
    return int(commits), int(log_bytes)


def _server_cpu(server: Server, others: list[int]) -> float:
    """Seconds of the server's processes and others'; those that have ended count with their parent."""
    total = 0.0
    for pid in (server.pid, *others):
        parent = psutil.Process(pid)
        times = parent.cpu_times()
        total += times.children_user + times.children_system + _cpu([parent, *parent.children(recursive=True)])
    return total


def _cpu(processes: list[psutil.Process]) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in processes))


def _connections(database: Database, server: Server | None) -> int:
    if server is None:
        return 0
    with database.engine.connect() as connection:
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        # This program's own is one of them.
        return int(connection.exec_driver_sql(query).scalar_one()) - 1


def _wait(condition: Callable[[], bool], seconds: float = 600) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("it did not happen in time")
        time.sleep(0.05)


def _report(title: str, rows: list[Row]) -> None:
    table = Table(title=title, title_justify="left")
    heads = ("workers", "trials/s", "of the first", "worker ms/trial", "server ms/trial", "commits/trial")
    for head in (*heads, "log kB/trial", "connections", "trials then"):
        table.add_column(head, justify="right")
    for row in rows:
        table.add_row(
            str(row.workers),
            f"{row.rate:.1f}",
            f"{row.rate / rows[0].rate:.2f}",
            f"{1000 * row.per_trial('of_workers'):.1f}",
            f"{1000 * row.per_trial('of_server'):.1f}",
            f"{row.per_trial('commits'):.1f}",
            f"{row.per_trial('log_bytes') / 1000:.1f}",
            str(row.connections),
            str(row.after.trials),
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
