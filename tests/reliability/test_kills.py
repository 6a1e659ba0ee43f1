"""Workers killed again and again, and many at once: the search ends whole, with as many trials as were asked."""

import random
import subprocess
import time
from collections.abc import Callable

import pytest

from backend.storage.database import Database
from backend.studies import workers
from tests.backend.runs.worker_processes import (
    check_whole,
    prepared,
    start_worker,
    started,
    state_of,
    wait_until,
)

_SEED = 20261124
_TRIALS, _KILLS = 200, 50
_LONGEST_TRIAL = 0.05
"""Seconds; a kill falls anywhere within a trial, or between two."""


@pytest.mark.soak
def test_fifty_kills_in_two_hundred_trials_lose_nothing(each_database: Database) -> None:
    database = each_database
    print(f"seed {_SEED}")
    chance = random.Random(_SEED)
    study_id = prepared(database, _TRIALS, 2, scores="table")
    # Two work, the others wait for a place: no time is lost to the start of a process.
    there = [start_worker(database) for _ in range(4)]
    in_work = 0
    try:
        for kill in range(_KILLS):
            most = 2 * (_TRIALS - state_of(database, study_id)[1]) // (_KILLS - kill + 1)
            victim = _with_trials(database, study_id, there, chance.randint(0, most))
            time.sleep(chance.uniform(0, _LONGEST_TRIAL))
            in_work += state_of(database, study_id)[0] == "running"
            victim.kill()
            victim.wait()
            there.remove(victim)
            there.append(start_worker(database))
        assert in_work == _KILLS, "the search ended before all of them were killed"
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
        wait_until(lambda: not any(worker.alive for worker in workers.list_workers(database, study_id)))
    finally:
        for process in there:
            process.kill()
            process.wait()
    check_whole(database, study_id, _TRIALS)
    assert len(workers.list_workers(database, study_id)) > _KILLS


@pytest.mark.soak
def test_eight_workers_share_four_hundred_trials(postgres_database: Database) -> None:
    database = postgres_database
    study_id = prepared(database, 400, 8, scores="table")
    with started(database, 8):
        wait_until(lambda: state_of(database, study_id)[0] == "finished", 300)
        wait_until(lambda: not any(worker.alive for worker in workers.list_workers(database, study_id)))
    check_whole(database, study_id, 400)
    assert sum(worker.trials for worker in workers.list_workers(database, study_id)) == 400


def _with_trials(
    database: Database, study_id: int, processes: list[subprocess.Popen[bytes]], number: int
) -> subprocess.Popen[bytes]:
    """One of the processes, as soon as it has done so many trials of the run."""
    by_pid = {process.pid: process for process in processes}
    found = list[subprocess.Popen[bytes]]()

    def look() -> bool:
        there = workers.list_workers(database, study_id)
        found[:] = [by_pid[item.pid] for item in there if item.pid in by_pid and item.alive and item.trials >= number]
        return bool(found) or state_of(database, study_id)[0] == "finished"

    _wait_closely(look)
    assert found, "the search ended before all of them were killed"
    return found[0]


def _wait_closely(condition: Callable[[], bool]) -> None:
    """As ``wait_until``, without a tenth of a second in which a worker does its trials."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.002)
