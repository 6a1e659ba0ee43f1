from collections.abc import Callable

import optuna
import pandas as pd
import pytest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import best_trials, load_study, runs, trials_frame
from backend.studies.live_trials import LiveTrials


def assert_as_read_at_once(live: LiveTrials, database: Database, name: str) -> None:
    study = load_study(database, name)
    snapshot = live.read()
    whole = trials_frame(study)
    pd.testing.assert_frame_equal(_plain(snapshot.frame[list(whole)]), _plain(whole))
    assert set(snapshot.frame) == set(whole)
    assert [trial.number for trial in snapshot.front] == [trial.number for trial in best_trials(study)]


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The table with one sign for what is unknown: pandas takes None or NaN by what else a column holds."""
    return frame.astype(object).where(frame.notna(), None)


@pytest.mark.parametrize(
    "setup", [{}, {"constraints": ["latency:raspi4 <= 15"]}, {"sum_scaled_metrics": True, "direction": "maximize"}]
)
def test_a_growing_search_reads_as_if_read_at_once(
    database: Database, make_config: Callable[..., SearchConfig], setup: dict[str, object]
) -> None:
    cells = {"op_1_0": [1, 2], "op_2_0": [0], "op_2_1": [0, 1], "op_3_0": [0], "op_3_1": [1, 2], "op_3_2": [1]}
    prepare(database, make_config(cells=cells, setup={"n_trials": 3, "distinct": "trial", **setup}), "growing")
    live = LiveTrials(database, load_study(database, "growing"))
    assert live.read().frame.empty
    for asked in (3, 9, 20):
        config = make_config(cells=cells, setup={"n_trials": asked, "distinct": "trial", **setup})
        load_study(database, "growing").set_user_attr("proxyscope:config", config.to_toml())
        runs.requeue(database, load_study(database, "growing")._study_id, asked)
        execute_run(database, "growing")
        assert_as_read_at_once(live, database, "growing")
    assert {"complete", "repeat"} <= set(live.read().frame["state"])


def test_a_study_made_elsewhere_with_trials_in_work_reads_as_if_read_at_once(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="odd", directions=["maximize", "minimize"])
    live = LiveTrials(database, load_study(database, "odd"))
    waiting: list[optuna.Trial] = []
    for number in range(12):
        trial = study.ask()
        trial.suggest_float("number", 0, 1)
        if number % 2:
            trial.suggest_categorical("state", ["a", None, 3])
        trial.set_user_attr("repeat_of", number)
        trial.set_user_attr("arch", "resnet18" if number % 3 else 18)
        waiting.append(trial)
        if number % 3 == 2:
            study.tell(waiting.pop(0), [float(number), float(-number)])
        assert_as_read_at_once(live, database, "odd")


def test_an_unchanged_study_keeps_its_table(database: Database) -> None:
    study = optuna.create_study(storage=database.storage, study_name="same")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    study.ask()
    live = LiveTrials(database, study)
    assert live.read() is live.read()
