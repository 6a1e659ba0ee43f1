"""A disk that is full and folders that cannot be written: the state says so, and what was stored stays."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from optuna.trial import TrialState

from backend.runs import launch
from backend.runs.execute import execute_run
from backend.storage.database import Database, open_database
from backend.studies import load_study, runs, trials_frame
from tests.backend.runs.worker_processes import wait_until
from tests.conftest import cheap_config
from tests.reliability.system import read_only, small_disk

_MEGABYTES = 12


@pytest.fixture
def small_home(home: Path) -> Iterator[Path]:
    """The installation's folder, on a disk of a few megabytes."""
    with small_disk(home, _MEGABYTES):
        yield home


def run_of(database: Database) -> runs.Run:
    run = runs.read_run(database, load_study(database, "a")._study_id)
    assert run is not None
    return run


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2])
def test_a_full_disk_ends_the_run_with_words_and_what_is_stored_stays(small_home: Path, number: int) -> None:
    database = open_database()
    config = cheap_config(setup={"n_trials": 15_000, "n_workers": number}, runner={"scores": "table"})
    filler = small_home / "filler"
    filler.write_bytes(bytes((_MEGABYTES - 3) * 2**20))
    launch.launch(database, config, "a")
    wait_until(lambda: run_of(database).state == "failed")
    run = run_of(database)
    assert "disk is full" in run.message
    with database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    kept = trials_frame(load_study(database, "a"))
    done = int((kept["state"] == "complete").sum())
    assert done >= run.done > 0

    filler.unlink()
    launch.requeue(database, "a", done + 5)
    execute_run(database, "a")
    after = trials_frame(load_study(database, "a"))
    assert run_of(database).state == "finished"
    assert (after["state"] == "complete").sum() == done + 5
    assert kept.loc[kept["state"] == "complete", "arch"].isin(after["arch"]).all()


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_fails_the_run_that_needs_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE", f"sqlite:///{tmp_path / 'elsewhere' / 'studies.db'}")
    database = open_database()
    launch.prepare(database, cheap_config(), "a")
    with read_only(home):
        ended = _run("run", "a")
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr
        run = run_of(database)
        assert run.state == "failed"
        assert run.message.startswith("storage: cannot write to the folder")
    launch.requeue(database, "a")
    execute_run(database, "a")
    assert run_of(database).done == 12


@pytest.mark.slow
def test_a_database_that_cannot_be_written_is_named_and_stays_whole(database: Database, home: Path) -> None:
    launch.prepare(database, cheap_config(), "a")
    execute_run(database, "a")
    database.engine.dispose()
    with read_only(home):
        ended = _run("studies", "resume", "a", "--trials", "20")
        assert ended.returncode == 2
        assert ended.stderr.startswith("error: storage: cannot write to the folder")
        assert len(ended.stderr.splitlines()) == 1
    states = {trial.state for trial in load_study(open_database(), "a").get_trials(deepcopy=False)}
    assert states == {TrialState.COMPLETE}


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "backend", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
