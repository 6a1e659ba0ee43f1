import math
from datetime import UTC, datetime, timedelta
from typing import Any

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from sqlalchemy import event

from backend.storage.database import Database
from backend.storage.optuna_internals.trial_reader import TrialReader


def make_study(database: Database) -> optuna.Study:
    return optuna.create_study(storage=database.storage, directions=["maximize", "minimize"])


def content(trial: FrozenTrial) -> tuple[Any, ...]:
    times = [moment and moment.astimezone() for moment in (trial.datetime_start, trial.datetime_complete)]
    kept = (trial.number, trial.state, trial.values, trial.params, trial.distributions)
    return (*kept, trial.user_attrs, trial.constraints, *times)


def test_it_reads_what_optuna_reads(database: Database) -> None:
    study = make_study(database)

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        x = trial.suggest_float("x", 1e-3, 1, log=True)
        trial.suggest_categorical("kind", [None, True, 3, "word", 0.5])
        if trial.number == 3:
            raise ValueError
        if trial.number == 4:
            raise optuna.TrialPruned
        trial.set_user_attr("list", [1, {"a": None}])
        trial.set_constraint("bound", x - 0.5)
        return (math.inf if trial.number == 5 else x), -math.inf

    study.optimize(objective, n_trials=12, catch=ValueError)
    study.enqueue_trial({"x": 0.1})
    study.ask()
    study.ask()
    read = TrialReader(database.engine, study._study_id).read()
    assert list(map(content, read)) == list(map(content, study.get_trials()))


def test_a_second_read_gives_only_what_is_new_or_had_not_ended(database: Database) -> None:
    study, other = make_study(database), make_study(database)
    reader = TrialReader(database.engine, study._study_id)
    assert reader.read() == []
    study.optimize(lambda _: (1.0, 2.0), n_trials=3)
    open_trial = study.ask()
    other.optimize(lambda _: (1.0, 2.0), n_trials=2)
    assert [trial.number for trial in reader.read()] == [0, 1, 2, 3]
    study.optimize(lambda _: (1.0, 2.0), n_trials=1)
    again = reader.read()
    assert [(trial.number, trial.state) for trial in again] == [(3, TrialState.RUNNING), (4, TrialState.COMPLETE)]
    study.tell(open_trial, [3.0, 4.0])
    assert [(trial.number, trial.values) for trial in reader.read()] == [(3, [3.0, 4.0])]
    assert reader.read() == []


@pytest.mark.slow
def test_many_trials_take_as_many_queries_as_few(database: Database) -> None:
    study = make_study(database)
    distributions = {"a": FloatDistribution(0, 1), "b": IntDistribution(1, 9), "c": CategoricalDistribution(["u", "v"])}
    trial = create_trial(values=[1, 2], params={"a": 0.5, "b": 3, "c": "v"}, distributions=distributions)
    queries: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: queries.append(call[2]))
    counts = []
    for number in (2, 400):
        study.add_trials([trial] * number)
        queries.clear()
        read = TrialReader(database.engine, study._study_id).read()
        counts.append(len(queries))
        assert all(found.params == trial.params for found in read)
    assert len(read) == 402
    assert counts[0] == counts[1] <= 8


def test_a_deleted_study_is_no_empty_one(database: Database) -> None:
    study = make_study(database)
    reader = TrialReader(database.engine, study._study_id)
    optuna.delete_study(study_name=study.study_name, storage=database.storage)
    with pytest.raises(KeyError):
        reader.read()


@pytest.mark.usefixtures("far_east")
def test_times_are_right_in_any_zone(database: Database) -> None:
    study = make_study(database)
    study.optimize(lambda trial: (trial.suggest_float("x", 0, 1), 1.0), n_trials=1)
    (trial,) = TrialReader(database.engine, study._study_id).read()
    for moment in (trial.datetime_start, trial.datetime_complete):
        assert moment is not None
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=5)
