"""The state of a run: one process gets it, a dead process is noticed, a stop reaches it."""

import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor

import pytest
from sqlalchemy import update

from backend.runs.launch import create_study
from backend.search.problem import SearchProblem
from backend.storage import schema as tables
from backend.storage.database import Database, open_database
from backend.studies import load_study, runs
from backend.studies.workers import this_machine
from tests.conftest import cheap_config


@pytest.fixture
def study_id(database: Database) -> int:
    return load_study(database, create_study(database, SearchProblem(cheap_config()), "a"))._study_id


def state(database: Database, study_id: int) -> str:
    run = runs.read_run(database, study_id)
    assert run is not None
    return run.state


def test_a_run_goes_from_queued_to_finished_and_again(database: Database, study_id: int) -> None:
    assert state(database, study_id) == "queued"
    assert runs.claim(database, study_id)
    assert not runs.claim(database, study_id)
    assert state(database, study_id) == "running"
    assert not runs.requeue(database, study_id, 20)
    runs.end(database, study_id, "finished", "")
    assert runs.requeue(database, study_id, 20)
    run = runs.read_run(database, study_id)
    assert run is not None
    assert (run.state, run.asked, run.ended) == ("queued", 20, None)


def test_a_process_of_another_machine_with_this_ones_name_is_not_taken_for_dead(
    database: Database, study_id: int
) -> None:
    runs.claim(database, study_id)
    elsewhere = {"pid": 2**22 + 1, "machine": "0123456789abcdef"}
    with database.engine.begin() as connection:
        connection.execute(update(tables.runs).values(elsewhere))
    assert state(database, study_id) == "running"
    with database.engine.begin() as connection:
        connection.execute(update(tables.runs).values(machine=this_machine()))
    assert state(database, study_id) == "failed"


def test_a_stop_is_seen_by_the_process_that_has_the_run(database: Database, study_id: int) -> None:
    runs.claim(database, study_id)
    assert not runs.stop_requested(database, study_id)
    assert runs.request_stop(database, study_id)
    assert runs.stop_requested(database, study_id)
    assert state(database, study_id) == "stopping"
    runs.end(database, study_id, "stopped", "stopped on request after 3 of 12")
    assert not runs.request_stop(database, study_id)


def test_a_queued_run_that_nobody_has_stops_at_once(database: Database, study_id: int) -> None:
    assert runs.request_stop(database, study_id)
    assert state(database, study_id) == "stopped"


@pytest.mark.parametrize(("stored", "seen"), [("running", "failed"), ("stopping", "stopped")])
def test_a_run_whose_process_was_killed_is_known_to_be_over(
    database: Database, study_id: int, stored: str, seen: str
) -> None:
    script = f"""
import os, signal
from backend.storage.database import open_database
from backend.studies import runs
database = open_database({database.url!r})
assert runs.claim(database, {study_id})
if {stored == "stopping"}:
    assert runs.request_stop(database, {study_id})
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", script], check=False, timeout=60).returncode == -9
    assert state(database, study_id) == seen
    assert runs.requeue(database, study_id, 12)
    assert state(database, study_id) == "queued"


def test_a_process_that_dies_before_it_claims_the_run_is_noticed(database: Database, study_id: int) -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    runs.note_process(database, study_id, process.pid)
    process.wait(timeout=30)
    run = runs.read_run(database, study_id)
    assert run is not None
    assert run.state == "failed"
    assert "before the search began" in run.message


def _claim(url_and_id: tuple[str, int]) -> bool:
    return runs.claim(open_database(url_and_id[0]), url_and_id[1])


@pytest.mark.slow
def test_of_several_processes_one_gets_the_run(database: Database, study_id: int) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(3, mp_context=context) as pool:
        claims = list(pool.map(_claim, [(database.url, study_id)] * 6))
    assert sum(claims) == 1


def test_the_log_keeps_its_order_and_its_end(database: Database, study_id: int) -> None:
    for number in range(5):
        runs.append_log(database, study_id, "INFO", f"line {number}")
    assert [line.message for line in runs.read_log(database, study_id, last=2)] == ["line 3", "line 4"]
    assert runs.read_log(database, study_id)[0].level == "info"
