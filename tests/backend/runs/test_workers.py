"""Several processes on one search: shared exactly, taken over when one is killed, stopped together."""

import pytest
from sqlalchemy import event, select

from backend.runs import launch
from backend.runs import worker as joining
from backend.runs.execute import execute_run, join_run
from backend.runs.worker import list_offers
from backend.storage.database import Database
from backend.storage.schema import tickets
from backend.storage.schema import workers as table
from backend.studies import load_study, runs, trials_frame, workers
from tests.backend.runs.worker_processes import check_whole, prepared, start_worker, started, state_of, wait_until


@pytest.mark.slow
def test_two_workers_share_a_queued_search_exactly(each_database: Database) -> None:
    database = each_database
    study_id = prepared(database, 60, 2)
    with started(database, 2, start_worker):
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
        wait_until(lambda: not any(worker.alive and not worker.left for worker in there(database, study_id)))
    check_whole(database, study_id, 60)
    assert len(there(database, study_id)) == 2
    assert all(worker.trials > 0 for worker in there(database, study_id))
    assert sum(worker.trials for worker in there(database, study_id)) == 60


@pytest.mark.slow
def test_the_trials_of_killed_workers_are_done_by_those_who_come_after(each_database: Database) -> None:
    database = each_database
    study_id = prepared(database, 60, 2)
    with started(database, 2) as (first, second):
        wait_until(lambda: len(there(database, study_id)) == 2 and state_of(database, study_id)[1] >= 5)
        for process in (first, second):
            process.kill()
            process.wait()
    assert state_of(database, study_id)[0] == "failed"
    with started(database, 1):
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
    check_whole(database, study_id, 60)


def test_a_stop_reaches_all_workers_and_the_search_can_be_resumed(database: Database) -> None:
    study_id = prepared(database, 5_000, 2)
    with started(database, 2):
        wait_until(lambda: len(there(database, study_id)) == 2 and state_of(database, study_id)[1] >= 5)
        launch.stop(database, "shared")
        wait_until(lambda: state_of(database, study_id)[0] == "stopped")
    done = state_of(database, study_id)[1]
    assert 5 <= done == int((trials_frame(load_study(database, "shared"))["state"] == "complete").sum())
    launch.requeue(database, "shared", done + 10)
    execute_run(database, "shared")
    check_whole(database, study_id, done + 10)


def test_no_more_workers_join_than_a_search_asks_for(database: Database) -> None:
    study_id = prepared(database, 10, 2)
    assert workers.join(database, study_id, 2) is None
    assert runs.claim(database, study_id)
    assert workers.join(database, study_id, 2) is None, "it is still being prepared"
    workers.come_first(database, study_id)
    assert workers.join(database, study_id, 2) is not None
    assert workers.join(database, study_id, 2) is None
    assert join_run(database, "shared") is None


def test_a_worker_leaves_what_its_machine_cannot_do_to_others(database: Database) -> None:
    study_id = prepared(database, 10, 2)
    with database.engine.begin() as connection:
        rename = "UPDATE study_user_attributes SET value_json = replace(value_json, 'l2_norm', 'my_own')"
        connection.exec_driver_sql(rename)
    joining.work(database, once=True)
    assert state_of(database, study_id) == ("queued", 0)


def test_a_worker_that_is_interrupted_leaves_its_search_to_the_others(database: Database) -> None:
    study_id = prepared(database, 40, 2)
    with started(database, 2) as (first, _second):
        wait_until(lambda: len(there(database, study_id)) == 2)
        first.terminate()
        assert first.wait(60) == 0
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
        wait_until(lambda: not any(worker.alive for worker in there(database, study_id)))
    check_whole(database, study_id, 40)


def test_who_comes_second_to_a_queued_search_may_still_join_it(database: Database) -> None:
    study_id = prepared(database, 5, 2)
    assert runs.claim(database, study_id)
    assert joining.begin(database, "shared") is None
    assert state_of(database, study_id)[0] == "running"


@pytest.mark.slow
def test_an_error_of_one_worker_leaves_the_search_to_the_others(each_database: Database) -> None:
    database = each_database
    study_id = prepared(database, 60, 2)

    def break_down(done: int, _asked: int) -> None:
        if done >= 5 and len(there(database, study_id)) == 2:
            raise RuntimeError("this machine has a fault")

    with started(database, 1):
        wait_until(lambda: len(there(database, study_id)) == 1)
        with pytest.raises(RuntimeError, match="fault"):
            join_run(database, "shared", break_down)
        assert state_of(database, study_id)[0] == "running"
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
    check_whole(database, study_id, 60)


@pytest.mark.slow
def test_an_error_of_the_worker_that_began_leaves_the_search_to_the_others(database: Database) -> None:
    study_id = prepared(database, 60, 2)

    def break_down(_done: int, _asked: int) -> None:
        wait_until(lambda: len(there(database, study_id)) == 2)
        raise RuntimeError("this machine has a fault")

    with started(database, 1), pytest.raises(RuntimeError, match="fault"):
        execute_run(database, "shared", break_down)
    with started(database, 1):
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
    check_whole(database, study_id, 60)


def test_an_error_of_the_last_worker_fails_the_search(database: Database) -> None:
    study_id = prepared(database, 60, 2)

    def break_down(_done: int, _asked: int) -> None:
        raise RuntimeError("this machine has a fault")

    with pytest.raises(RuntimeError, match="fault"):
        execute_run(database, "shared", break_down)
    run = runs.read_run(database, study_id)
    assert run is not None
    assert (run.state, run.message) == ("failed", "RuntimeError: this machine has a fault")


@pytest.mark.slow
def test_the_trials_of_a_killed_worker_are_failed_while_the_others_go_on(database: Database) -> None:
    study_id = prepared(database, 15_000, 2)
    with started(database, 2) as (first, _second):
        wait_until(lambda: len(there(database, study_id)) == 2)
        wait_until(lambda: has_open_trial(database, first.pid))
        first.kill()
        first.wait()
        killed = next(worker.id for worker in there(database, study_id) if worker.pid == first.pid)
        wait_until(lambda: killed not in workers.lost_workers(database, study_id))
        assert state_of(database, study_id)[0] == "running"


def test_an_idle_worker_asks_the_database_one_thing(database: Database) -> None:
    study_id = prepared(database, 10, 2)
    (offer,) = list_offers(database)
    assert (offer.name, offer.waits, offer.living) == ("shared", True, 0)
    assert runs.claim(database, study_id)
    assert list_offers(database) == [], "it is still being prepared"
    workers.come_first(database, study_id)
    (offer,) = list_offers(database)
    assert (offer.waits, offer.living) == (False, 1)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    assert len(list_offers(database)) == len(asked) == 1


def has_open_trial(database: Database, pid: int) -> bool:
    mine = select(tickets.c.id).join(table, table.c.id == tickets.c.worker_id)
    with database.engine.connect() as connection:
        return connection.execute(mine.where(table.c.pid == pid, tickets.c.state == "open")).first() is not None


def there(database: Database, study_id: int) -> list[workers.Worker]:
    return workers.list_workers(database, study_id)
