"""Two machines on one database and on one Dask scheduler, with no file of one seen by the other's work."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from backend.settings import HOME_VARIABLE
from backend.storage.database import Database, open_database
from backend.studies import workers
from tests.backend.runs.worker_processes import check_whole, prepared, start_worker, state_of, wait_until
from tests.browser.app import ROOT, free_port
from tests.conftest import postgres_programs
from tests.postgres.server import running_server
from tests.reliability.system import OtherHost, other_host

pytestmark = pytest.mark.network


@pytest.fixture
def host() -> Iterator[OtherHost]:
    with other_host() as host:
        yield host


@pytest.fixture
def shared_database(host: OtherHost, home: Path) -> Iterator[Database]:
    """A database on a server at this machine's address on the wire."""
    with running_server(postgres_programs(), host.here) as server:
        database = open_database(server.create())
        yield database
        database.engine.dispose()


def there(database: Database, study_id: int) -> dict[str, workers.Worker]:
    return {worker.host: worker for worker in workers.list_workers(database, study_id)}


@pytest.mark.postgres
def test_workers_of_two_hosts_share_a_search(shared_database: Database, host: OtherHost, tmp_path: Path) -> None:
    database = shared_database
    study_id = prepared(database, 200, 2, scores="table")
    far = start_worker(database, host.before, tmp_path)
    near = None
    try:
        wait_until(lambda: bool(there(database, study_id)))
        near = start_worker(database)
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
        wait_until(lambda: not any(worker.alive for worker in there(database, study_id).values()))
    finally:
        _end(far, near)
    check_whole(database, study_id, 200)
    found = there(database, study_id)
    assert set(found) == {host.name, socket.gethostname()}
    assert sum(worker.trials for worker in found.values()) == 200


@pytest.mark.postgres
@pytest.mark.soak
def test_the_trials_of_a_host_that_is_lost_are_done_by_the_other(
    shared_database: Database, host: OtherHost, tmp_path: Path
) -> None:
    database = shared_database
    study_id = prepared(database, 3_000, 2, scores="table")
    far, near = start_worker(database, host.before, tmp_path), start_worker(database)
    try:
        wait_until(lambda: len(there(database, study_id)) == 2)
        far.kill()
        far.wait()
        assert there(database, study_id)[host.name].alive, "nobody here can know so soon"
        wait_until(lambda: state_of(database, study_id)[0] == "finished", 600)
        wait_until(lambda: not any(worker.alive for worker in there(database, study_id).values()))
    finally:
        _end(far, near)
    check_whole(database, study_id, 3_000)


def test_a_sweep_on_a_scheduler_is_done_by_another_host(host: OtherHost, home: Path, tmp_path: Path) -> None:
    address = f"tcp://{host.here}:{free_port()}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask = [sys.executable, "-m", "dask"]
    scheduler = [*dask, "scheduler", "--host", address.rpartition(":")[0], "--port", address.rpartition(":")[2]]
    worker = [*host.before, *dask, "worker", address, "--nthreads", "1", "--no-dashboard"]
    far_home = {**environment, HOME_VARIABLE: str(tmp_path / "far")}
    asked = ["--dataset", "cifar10", "--proxies", "l2_norm", "--batch-size", "2", "--scheduler", address]
    (tmp_path / "far").mkdir()
    processes = [
        subprocess.Popen([*scheduler, "--no-dashboard"], env=environment, cwd=tmp_path, **quiet),
        subprocess.Popen(worker, env=far_home, cwd=tmp_path / "far", **quiet),
        subprocess.Popen([sys.executable, "-m", "backend", "sweep", *asked], env=environment, **quiet),
    ]
    try:
        wait_until(lambda: len(list((home / "sweeps").glob("*/*.parquet"))) >= 10)
    finally:
        _end(*reversed(processes))
    scores = pd.concat(map(pd.read_parquet, (home / "sweeps").glob("*/*.parquet")))
    assert (scores["failure"] == "").all()
    assert not scores.duplicated(["class", "proxy"]).any()
    assert not list((tmp_path / "far").glob("**/*.parquet")), "the shards are kept where the sweep was asked for"


def _end(*processes: subprocess.Popen[bytes] | None) -> None:
    for process in filter(None, processes):
        process.kill()
        process.wait()
