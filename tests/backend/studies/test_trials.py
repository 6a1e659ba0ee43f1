"""Trials as a table: studies made elsewhere are shown as they are, whatever they call their things."""

import optuna
import pytest

from backend.storage.database import Database
from backend.studies import best_table, best_trials, trials_frame


@pytest.fixture
def foreign(database: Database) -> optuna.Study:
    """A study whose attributes and parameters have the names of ProxyScope's columns, and mean something else."""
    study = optuna.create_study(
        storage=database.storage, directions=["maximize", "minimize"], sampler=optuna.samplers.RandomSampler(seed=0)
    )

    def objective(trial: optuna.Trial) -> tuple[float, float]:
        trial.set_user_attr("arch", "resnet18")
        trial.set_user_attr("index", "first")
        trial.set_user_attr("software_metrics", [1, 2])
        trial.set_user_attr("scaled_metrics", "none")
        trial.set_user_attr("nasbench_data_metrics", 3)
        trial.set_user_attr("repeat_of", 0)
        state = trial.suggest_categorical("state", ["a", "b"])
        return trial.suggest_float("number", 0, 1), len(state) + trial.suggest_int("pareto", 1, 3)

    study.optimize(objective, n_trials=6)
    study.set_metric_names(["arch", "number"])
    return study


def test_a_foreign_study_keeps_its_own_meaning(foreign: optuna.Study) -> None:
    frame = trials_frame(foreign)
    assert frame["number"].tolist() == list(range(6))
    assert set(frame["state"]) == {"complete"}
    assert {"param:state", "param:number", "param:pareto", "value:arch", "value:number"} <= set(frame)
    assert not {"arch", "index", "op_1_0", "C"} & set(frame)
    assert frame["value:arch"].tolist() == [trial.values[0] for trial in foreign.trials]
    assert frame["seconds"].notna().all()
    assert frame.loc[frame["pareto"], "number"].tolist() == sorted(trial.number for trial in foreign.best_trials)


def test_a_foreign_studys_best_table_has_empty_metrics(foreign: optuna.Study) -> None:
    table = best_table(foreign.best_trials, 200)
    assert len(table) > 0
    for column in ("software_metrics", "hardware_metrics", "scaled_metrics", "nasbench_data_metrics"):
        assert table[column].tolist() == [{}] * len(table)


def test_values_without_names_are_numbered(database: Database) -> None:
    study = optuna.create_study(storage=database.storage)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    frame = trials_frame(study)
    assert frame["value:0"].tolist() == [trial.value for trial in study.trials]
    assert frame.loc[frame["pareto"], "number"].tolist() == [trial.number for trial in best_trials(study)]
