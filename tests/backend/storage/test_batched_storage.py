"""The storage keeps Optuna's contract, and what it holds reaches the database when it must."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import optuna
import pytest
from optuna.testing.pytest_storages import StorageTestCase
from optuna.trial import TrialState
from sqlalchemy import event

from backend.storage.database import Database, open_database
from backend.storage.optuna_internals.batched_storage import BatchedStorage


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[BatchedStorage]:
    database = open_database(f"sqlite:///{tmp_path / 'contract.db'}")
    database.prepare()
    yield BatchedStorage(database.storage)
    database.engine.dispose()


class TestContract(StorageTestCase):
    """Optuna's own tests of a storage."""


def _study(database: Database) -> optuna.Study:
    return optuna.create_study(storage=BatchedStorage(database.storage), study_name="s", directions=["maximize"] * 2)


def _reader(database: Database) -> optuna.Study:
    return optuna.load_study(study_name="s", storage=database.storage)


def _fill(trial: optuna.Trial) -> None:
    trial.suggest_categorical("op_1_0", ["none", "skip_connect"])
    trial.set_user_attr("arch", "|none~0|")
    trial.set_user_attr("arch", "|skip_connect~0|")
    trial.set_constraint("latency <= 3", 1.5)


def test_a_finished_trial_is_stored_whole(database: Database) -> None:
    study = _study(database)
    for _ in range(3):
        trial = study.ask()
        _fill(trial)
        study.tell(trial, [1.0, float("inf")])
    for stored, held in zip(_reader(database).trials, study.trials, strict=True):
        assert stored == held
        assert stored.state == TrialState.COMPLETE
        assert stored.values == [1.0, float("inf")]
        assert stored.user_attrs == {"arch": "|skip_connect~0|"}
        assert stored.constraints == {"latency <= 3": 1.5}
        assert set(stored.params) == {"op_1_0"}


def test_others_see_an_open_trial_whole_after_a_flush(database: Database) -> None:
    study = _study(database)
    study.tell(_filled(study), [0.0, 0.0])
    trial = _filled(study)
    running = _reader(database).trials[1]
    assert (running.state, running.params, running.user_attrs) == (TrialState.RUNNING, {}, {})
    study._storage.flush(trial._trial_id)
    running = _reader(database).trials[1]
    assert running.params == trial.params
    assert running.user_attrs == {"arch": "|skip_connect~0|"}
    trial.set_user_attr("arch", "another")
    study.tell(trial, [1.0, 2.0])
    assert _reader(database).trials[1] == study.trials[1]
    assert study.trials[1].user_attrs == {"arch": "another"}


def _filled(study: optuna.Study) -> optuna.Trial:
    trial = study.ask()
    _fill(trial)
    return trial


def test_trials_of_other_processes_are_read(database: Database) -> None:
    study, other = _study(database), optuna.load_study(study_name="s", storage=BatchedStorage(database.storage))
    for turn in (study, other, study, other):
        turn.tell(_filled(turn), [1.0, 2.0])
    left_open = _filled(other)
    assert [t.state for t in study.trials] == [TrialState.COMPLETE] * 4 + [TrialState.RUNNING]
    other.tell(left_open, [3.0, 4.0])
    assert study.trials == other.trials == _reader(database).trials
    assert [t.number for t in study.trials] == list(range(5))


def test_a_queued_trial_is_taken_with_its_parameters(database: Database) -> None:
    study = _study(database)
    study.enqueue_trial({"op_1_0": "skip_connect"})
    trial = _filled(study)
    assert trial.params == {"op_1_0": "skip_connect"}
    study.tell(trial, [1.0, 2.0])
    assert _reader(database).trials[0].params == {"op_1_0": "skip_connect"}
    assert _reader(database).trials[0] == study.trials[0]


def test_a_trial_that_another_process_ended_stays_as_it_is(database: Database) -> None:
    study = _study(database)
    trial = _filled(study)
    _reader(database).tell(trial.number, state=TrialState.FAIL)
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        study.tell(trial, [1.0, 2.0])
    assert study.trials[0].state == TrialState.FAIL
    assert study.trials == _reader(database).trials


def test_parameters_of_another_distribution_are_refused(database: Database) -> None:
    study = _study(database)
    study.tell(_filled(study), [1.0, 2.0])
    with pytest.raises(ValueError, match="CategoricalDistribution"):
        study.ask().suggest_categorical("op_1_0", ["none"])


def test_all_that_a_trial_is_given_is_written_by_one_statement_a_table(database: Database) -> None:
    study = _study(database)
    study.tell(_filled(study), [0.0, 0.0])
    written: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def _note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO trial_"):
            written.append(statement.split(" ")[2])

    study.tell(_filled(study), [0.0, 0.0])
    assert sorted(written) == ["trial_params", "trial_system_attributes", "trial_user_attributes", "trial_values"]


def test_a_process_that_is_alone_need_not_look_for_others_at_each_step(database: Database) -> None:
    storage = BatchedStorage(database.storage, look_every=600)
    study = optuna.create_study(storage=storage, study_name="s", directions=["maximize"] * 2)
    study.tell(_filled(study), [0.0, 0.0])
    assert len(study.trials) == 1
    _reader(database).enqueue_trial({"op_1_0": "none"})
    trial = _filled(study)
    assert trial.number == 2
    assert len(_reader(database).trials) == 3
    _reader(database).tell(trial.number, state=TrialState.FAIL)
    with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
        study.tell(trial, [1.0, 2.0])
    storage.remove_session()


def test_times_are_stored_as_optuna_stores_them(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        study = _study(database)
        study.enqueue_trial({"op_1_0": "none"})
        for _ in range(2):
            study.tell(_filled(study), [0.0, 0.0])
        now = datetime.now()
        for stored, held in zip(_reader(database).trials, study.trials, strict=True):
            assert (stored.datetime_start, stored.datetime_complete) == (held.datetime_start, held.datetime_complete)
            assert stored.datetime_start is not None
            assert abs((now - stored.datetime_start).total_seconds()) < 60
    finally:
        monkeypatch.undo()
        time.tzset()
