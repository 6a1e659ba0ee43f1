"""Searches run on PostgreSQL to their end, and everything that is read of them is what SQLite gives."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from backend.config.model import SearchConfig
from backend.runs import launch, queue, queueing
from backend.runs.execute import execute_run
from backend.storage.database import Database, open_database
from backend.studies import (
    best_trials,
    list_studies,
    load_study,
    run_folder,
    runs,
    trials_frame,
)
from backend.studies.live_trials import LiveTrials
from backend.studies.overview import OverviewReader
from tests.conftest import cheap_config

_SEARCH = cheap_config(setup={"n_trials": 30, "sampler": "tpe", "seed": 3})


def backend(*arguments: str | Path) -> str:
    """What ``python -m backend`` prints; the database is that of the environment."""
    command = [sys.executable, "-m", "backend", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=os.environ)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for_end(database: Database, name: str) -> runs.Run:
    study_id = load_study(database, name)._study_id
    for _ in range(600):
        run = runs.read_run(database, study_id)
        if run is not None and not run.active:
            return run
        time.sleep(0.1)
    raise AssertionError(f"{name} did not end: {run}")


@pytest.mark.slow
def test_the_command_line_searches_lists_shows_and_deletes(postgres_database: Database, tmp_path: Path) -> None:
    file = tmp_path / "cheap.toml"
    file.write_text(_SEARCH.to_toml(), encoding="utf-8")
    printed = backend("search", "--config", file, "--study", "a")
    assert "30/30" in printed
    assert "Ensemble weights" in printed
    assert "kept-secret" not in printed
    (listed,) = json.loads(backend("studies", "list", "--json"))
    assert (listed["name"], listed["state"], listed["done"], listed["dataset"]) == ("a", "finished", 30, "cifar10")
    shown = json.loads(backend("studies", "show", "a", "--json"))
    assert shown["best_trials"][0]["nasbench_data_metrics"]["test-accuracy"] > 0
    assert "32/32" in backend("studies", "resume", "a", "--trials", "32")
    backend("studies", "delete", "a", "--yes")
    assert list_studies(postgres_database) == []


def test_a_search_reads_as_on_sqlite(postgres_database: Database, tmp_path: Path) -> None:
    local = open_database(f"sqlite:///{tmp_path / 'local.db'}")
    frames, fronts, live, overviews = [], [], [], []
    for database, name in ((local, "on sqlite"), (postgres_database, "on postgres")):
        launch.prepare(database, _SEARCH, name)
        study = load_study(database, name)
        held = LiveTrials(database, study)
        assert held.read().frame.empty
        execute_run(database, name)
        frames.append(trials_frame(study))
        fronts.append([trial.number for trial in best_trials(study)])
        live.append(held.read().frame)
        overviews.append(list(OverviewReader(database).read(list_studies(database))[0].values()))
    timeless = [name for name in frames[0].columns if not _is_time(name, frames[0])]
    assert len(timeless) > 10
    pd.testing.assert_frame_equal(frames[0][timeless], frames[1][timeless])
    pd.testing.assert_frame_equal(frames[1][timeless], live[1][timeless])
    assert fronts[0] == fronts[1]
    assert overviews[0] == overviews[1]
    assert overviews[0][0].accuracy > 0


@pytest.mark.slow
def test_a_launched_search_is_seen_to_grow_and_leaves_its_log(postgres_database: Database) -> None:
    name = launch.launch(postgres_database, cheap_config(setup={"n_trials": 40}), "a")
    held = LiveTrials(postgres_database, load_study(postgres_database, name))
    seen = set()
    for _ in range(600):
        seen.add(len(held.read().ended))
        if 40 in seen:
            break
        time.sleep(0.05)
    run = wait_for_end(postgres_database, name)
    assert (run.state, run.done) == ("finished", 40), run.message
    assert len(seen) > 2
    lines = runs.read_log(postgres_database, run.study_id)
    assert any("finished: 40 of 40 done" in line.message for line in lines)
    assert "kept-secret" not in (run_folder(postgres_database, name) / launch.PROCESS_LOG).read_text()


@pytest.mark.slow
def test_stop_reaches_a_launched_search(postgres_database: Database) -> None:
    name = launch.launch(postgres_database, cheap_config(setup={"n_trials": 10_000}), "a")
    launch.stop(postgres_database, name)
    assert wait_for_end(postgres_database, name).state == "stopped"
    assert not any(trial.state.name == "RUNNING" for trial in load_study(postgres_database, name).trials)


@pytest.mark.slow
def test_the_queue_runs_all_that_waits(postgres_database: Database) -> None:
    searches = queueing.with_seeds(cheap_config(), "q", [0, 1, 2])
    queueing.enqueue(postgres_database, searches, at_once=2)
    for name in searches:
        assert wait_for_end(postgres_database, name).state == "finished"
    assert queue.waiting(postgres_database) == []


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 4])
def test_a_run_in_threads_is_exact(postgres_database: Database, jobs: int) -> None:
    config = _with_jobs(jobs)
    launch.prepare(postgres_database, config, "a")
    assert execute_run(postgres_database, "a").done == 50
    numbers = [trial.number for trial in load_study(postgres_database, "a").trials]
    assert numbers == list(range(len(numbers)))


def _with_jobs(jobs: int) -> SearchConfig:
    return cheap_config(setup={"n_trials": 50, "n_jobs": jobs})


def _is_time(name: str, frame: pd.DataFrame) -> bool:
    return isinstance(frame[name].dtype, pd.DatetimeTZDtype) or "seconds" in name or name in ("started", "ended")
