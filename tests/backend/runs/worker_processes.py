"""Worker processes on a database, started and killed by tests."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from optuna.trial import TrialState

from backend.runs.launch import prepare, process_environment
from backend.storage.database import Database
from backend.studies import load_study, runs, trials_frame, workers
from tests.conftest import cheap_config
from tests.forked import Forked, Process


def prepared(database: Database, trials: int, number: int, *, scores: str = "compute", **setup: object) -> int:
    """A queued search "shared" that asks for workers; its study's id.

    What is computed is off the benchmark: there is no truth to fit an ensemble to, which takes longer than the search.
    """
    search = {"n_trials": trials, "n_workers": number, "sampler": "tpe", **setup}
    cells = {"C": [8]} if scores == "compute" else {}
    config = cheap_config(cells=cells, setup=search, runner={"scores": scores})
    return load_study(database, prepare(database, config, "shared"))._study_id


def forked_worker(database: Database) -> Process:
    """``python -m backend worker`` with one thread."""
    return Forked("backend.cli:main", ["backend", "worker"], process_environment(database))


@contextmanager
def started(
    database: Database, number: int, start: Callable[[Database], Process] = forked_worker
) -> Iterator[list[Process]]:
    """Workers; those that are still there at the end are killed."""
    processes = [start(database) for _ in range(number)]
    try:
        yield processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def start_worker(database: Database, before: Sequence[str] = (), folder: Path | None = None) -> subprocess.Popen[bytes]:
    """A process ``python -m backend worker`` with one thread.

    Args:
        database: what it works on.
        before: words of a command that starts it.
        folder: its working folder and installation; None takes those of the test.
    """
    environment = {**process_environment(database), "OMP_NUM_THREADS": "1"}
    if folder is not None:
        environment["PROXYSCOPE_HOME"] = str(folder)
    command = [*before, sys.executable, "-m", "backend", "worker"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, env=environment, cwd=folder, **quiet)


def wait_until(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def state_of(database: Database, study_id: int) -> tuple[str, int]:
    run = runs.read_run(database, study_id)
    assert run is not None
    return run.state, run.done


def check_whole(database: Database, study_id: int, trials: int) -> None:
    """The run ended with exactly the trials asked, each of a cell of its own; none hangs and no number is missing."""
    assert state_of(database, study_id) == ("finished", trials)
    frame = trials_frame(load_study(database, "shared"))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == complete["arch"].nunique() == trials
    assert frame["number"].tolist() == list(range(len(frame)))
    states = {trial.state for trial in load_study(database, "shared").get_trials(deepcopy=False)}
    assert states <= {TrialState.COMPLETE, TrialState.FAIL}
    assert not any(worker.alive for worker in workers.list_workers(database, study_id))
