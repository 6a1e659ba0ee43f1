"""Trainings in processes: shared, stopped, gone on with, taken over from killed ones, and deleted with their study."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.errors import UserError
from backend.runs import queue, queueing, worker
from backend.runs.launch import process_environment
from backend.storage.database import Database
from backend.storage.schema import trainings as table
from backend.studies import delete_study, load_study, rename_study, trainings
from backend.studies.recipes import Recipe
from backend.studies.trainings import Training
from backend.training import launch
from backend.training.execute import take_waiting, train_queued
from tests.backend.training.conftest import make_study
from tests.forked import Forked

RECIPE = Recipe(dataset="cifar10", epochs=2)
KEYS = {key: key for key in ("depth=1 width=4", "depth=1 width=8", "depth=4 narrow=2")}


def number(database: Database, study: str) -> int:
    return load_study(database, study)._study_id


def read(database: Database, study: str) -> list[Training]:
    return trainings.read_trainings(database, number(database, study))


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_each_is_claimed_once_and_added_once(each_database: Database) -> None:
    database = each_database
    study_id = number(database, make_study(database))
    ids = trainings.add(database, study_id, RECIPE, 0, KEYS)
    assert trainings.add(database, study_id, RECIPE, 0, KEYS) == ids
    claimed = [trainings.claim(database, study_id) for _ in range(4)]
    assert [item.id if item else None for item in claimed] == [*ids, None]
    trainings.finish(database, ids[0], 50.0, 1.0)
    trainings.end(database, ids[1], "failed", "as it is")
    trainings.add(database, study_id, RECIPE, 0, KEYS)
    states = {item.id: item.state for item in trainings.read_trainings(database, study_id)}
    assert states == {ids[0]: "finished", ids[1]: "queued", ids[2]: "running"}
    assert len(trainings.add(database, study_id, RECIPE, 1, KEYS)) == 3, "another seed is another training"


@pytest.mark.slow
def test_a_process_is_stopped_and_the_training_goes_on_from_its_checkpoint(database: Database, study: str) -> None:
    request = launch.Request(top=2, epochs=250, batch_size=512)
    first, second = launch.queue_trainings(database, study, request)
    environment = process_environment(database) | {"OMP_NUM_THREADS": "1"}
    process = Forked("backend.cli:main", ["backend", "run", "--trainings", "--", study], environment)
    try:
        wait_until(lambda: read(database, study)[0].done)
        assert queue.in_work(database) == 1
        assert "stopping 2 trainings" in launch.stop(database, study)
        wait_until(lambda: not trainings.is_active(database, number(database, study)))
        assert process.wait(timeout=240) == 0
    finally:
        process.kill()
    stopped, never = read(database, study)
    assert (stopped.state, never.state) == ("stopped", "stopped")
    assert 0 < stopped.done < 250
    assert (stopped.value, stopped.message, never.message) == (None, "stopped on request", "stopped before it began")
    launch.queue_trainings(database, study, launch.Request(top=1, epochs=250, batch_size=512))
    curves: list[int] = []
    train_queued(database, study, on_epoch=lambda _, epochs: curves.append(len(epochs)))
    assert curves[0] == stopped.done + 1
    gone_on = trainings.read_training(database, first)
    assert gone_on
    assert (gone_on.state, gone_on.done) == ("finished", 250)
    assert gone_on.curve[: stopped.done] == stopped.curve
    with pytest.raises(UserError, match="has no training to stop"):
        launch.stop(database, study)
    assert trainings.read_training(database, second) == never


def test_trainings_wait_in_the_queue_of_the_machine_as_searches_do(
    database: Database, study: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the machine's process would start is done in this one: nothing else is left out."""
    monkeypatch.setattr("backend.runs.queueing.start_worker", lambda _database: None)
    monkeypatch.setattr("backend.runs.launch.start_training_process", train_queued)
    ids = launch.launch(database, study, launch.Request(top=2, epochs=1))
    waiting = queue.Waiting(number(database, study), "training")
    assert queue.all_waiting(database) == [waiting]
    assert queue.waiting(database) == [], "no search waits"
    launch.stop(database, study)
    assert queue.all_waiting(database) == []
    assert launch.launch(database, study, launch.Request(top=2, epochs=1)) == ids
    queueing.work(database)
    assert queue.all_waiting(database) == []
    assert [item.state for item in read(database, study)] == ["finished"] * 2


def test_what_a_killed_process_left_is_taken_over_and_given_up_at_the_third(database: Database, study: str) -> None:
    study_id = number(database, study)
    (training_id,) = trainings.add(database, study_id, RECIPE, 0, {"depth=1 width=4": "depth=1 width=4"})
    claims = f"""
from backend.storage.database import open_database
from backend.studies import trainings
assert trainings.claim(open_database({database.url!r}), {study_id})
"""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", claims], check=True, timeout=120)
        lost = trainings.read_training(database, training_id)
        assert lost
        assert lost.state == "failed"
        assert lost.message.startswith("its process ended unexpectedly")
    assert trainings.claim(database, study_id) is None
    given_up = trainings.read_training(database, training_id)
    assert given_up
    assert given_up.message == "given up: its process was killed 3 times; is there enough memory?"
    trainings.add(database, study_id, RECIPE, 0, {"depth=1 width=4": "depth=1 width=4"})
    assert trainings.claim(database, study_id), "who asks for it again gets it"


def test_a_machine_that_lends_itself_trains_what_waits(database: Database, study: str) -> None:
    trainings.add(database, number(database, study), RECIPE, 0, KEYS)
    worker.work(database, once=True, beside=take_waiting(database))
    assert [item.state for item in read(database, study)] == ["finished"] * 3


def test_a_machine_without_the_images_leaves_them_to_others(database: Database, study: str, tmp_path: Path) -> None:
    recipe = Recipe(dataset="cifar10", epochs=2, images=str(tmp_path / "elsewhere"))
    trainings.add(database, number(database, study), recipe, 0, KEYS)
    worker.work(database, once=True, beside=take_waiting(database))
    assert [item.state for item in read(database, study)] == ["queued"] * 3


def test_a_study_goes_with_its_trainings_once_they_are_over(database: Database, study: str) -> None:
    study_id = number(database, study)
    ids = trainings.add(database, study_id, RECIPE, 0, KEYS)
    with pytest.raises(UserError, match="architectures of 'toys' are trained; stop that before you delete it"):
        delete_study(database, study)
    with pytest.raises(UserError, match="are trained into its folder; stop that to rename it"):
        rename_study(database, study, "other")
    launch.stop(database, study)
    delete_study(database, study)
    with database.engine.connect() as connection:
        assert connection.execute(select(table.c.id).where(table.c.id.in_(ids))).all() == []
