"""The queue of a machine: seeds, order, bounds, and real processes."""

import time

import pytest

from backend.errors import UserError
from backend.runs import launch, queue, queueing
from backend.runs.queueing import parse_seeds
from backend.storage.database import Database
from backend.studies import delete_study, list_studies, load_study, runs
from tests.conftest import cheap_config


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("0-9", list(range(10))), ("3", [3]), (" 7, 1 - 3,2 ", [7, 1, 2, 3]), ("", []), ("0-0", [0])],
)
def test_seeds_are_read(text: str, seeds: list[int]) -> None:
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["a", "9-0", "-1", "1.5", "0-", "0-1000", "1-2-3", "²", "99999999999", "0-99,100"])
def test_what_are_no_seeds_is_said(text: str) -> None:
    with pytest.raises(UserError, match=r"^seeds: "):
        parse_seeds(text)


def test_seeds_change_the_seed_alone(database: Database) -> None:
    searches = queueing.with_seeds(cheap_config(), "mine", [0, 5])
    assert list(searches) == ["mine seed 0", "mine seed 5"]
    assert searches["mine seed 5"].setup.seed == 5
    assert searches["mine seed 5"].with_seed(0) == searches["mine seed 0"]


def test_nothing_is_made_where_one_name_is_taken(database: Database) -> None:
    launch.prepare(database, cheap_config(), "mine seed 1")
    with pytest.raises(UserError, match="'mine seed 1' is taken"):
        queueing.enqueue(database, queueing.with_seeds(cheap_config(), "mine", [0, 1]), 1)
    assert len(list_studies(database)) == 1
    assert queue.waiting(database) == []


@pytest.mark.slow
def test_queued_searches_run_in_their_order_in_processes_of_their_own_one_at_a_time(database: Database) -> None:
    names = ["mine seed 0", "mine seed 1"]
    queueing.enqueue(database, queueing.with_seeds(cheap_config(setup={"n_trials": 3}), "mine", [0, 1]), 1)
    deadline, most = time.monotonic() + 240, 0
    while time.monotonic() < deadline:
        states = {item.name: item.run for item in list_studies(database)}
        most = max(most, queue.in_work(database))
        if all(run and run.state == "finished" for run in states.values()):
            break
        time.sleep(0.2)
    first, second = (runs.read_run(database, load_study(database, name)._study_id) for name in names)
    assert first
    assert second
    assert (first.state, second.state) == ("finished", "finished")
    assert most == 1
    assert first.ended
    assert second.started
    assert first.ended <= second.started
    assert queue.waiting(database) == []


def test_a_waiting_search_can_be_stopped_deleted_and_is_then_not_started(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(launch, "start_process", lambda _database, name: started.append(name))
    ids = []
    for name in ("a", "b", "c"):
        launch.prepare(database, cheap_config(), name)
        ids.append(load_study(database, name)._study_id)
        queue.add(database, ids[-1])
    assert queue.waiting(database) == ids
    launch.stop(database, "a")
    delete_study(database, "a")
    launch.stop(database, "b")
    assert queue.waiting(database) == [ids[2]]
    queueing.work(database)
    assert started == ["c"]
    assert not queue.worker_alive(database)


def test_searches_at_once_are_bounded(database: Database) -> None:
    with pytest.raises(UserError, match="searches at once: 0"):
        queueing.enqueue(database, {}, 0)
    queue.set_parallel(database, 3)
    assert queue.parallel(database) == 3
    assert queue.claim_worker(database)
    assert queue.parallel(database) == 3
    assert queue.worker_alive(database)
