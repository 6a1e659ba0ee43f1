"""Several processes on one search: shared exactly, taken over when one is killed, stopped together."""

import signal

from backend.search import joining, launch
from backend.search.execution import execute_run, join_run
from backend.studies import Database, list_studies, load_study, runs, trials_frame, workers
from tests.backend.search.worker_processes import check_whole, prepared, started, state_of, wait_until


def test_two_workers_share_a_queued_search_exactly(each_database: Database) -> None:
    database = each_database
    study_id = prepared(database, 60, 2)
    with started(database, 2):
        wait_until(lambda: state_of(database, study_id)[0] == "finished")
        wait_until(lambda: not any(worker.alive and not worker.left for worker in there(database, study_id)))
    check_whole(database, study_id, 60)
    assert len(there(database, study_id)) == 2
    assert all(worker.trials > 0 for worker in there(database, study_id))
    assert sum(worker.trials for worker in there(database, study_id)) == 60


def test_the_trials_of_killed_workers_are_done_by_those_who_come_after(each_database: Database) -> None:
    database = each_database
    study_id = prepared(database, 60, 2)
    with started(database, 2) as (first, second):
        wait_until(lambda: len(there(database, study_id)) == 2 and state_of(database, study_id)[1] >= 5)
        for process in (first, second):
            process.send_signal(signal.SIGKILL)
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
    (as_it_was_queued,) = list_studies(database)
    assert runs.claim(database, study_id)
    assert joining.begin(database, as_it_was_queued) is None
    assert state_of(database, study_id)[0] == "running"


def there(database: Database, study_id: int) -> list[workers.Worker]:
    return workers.list_workers(database, study_id)
