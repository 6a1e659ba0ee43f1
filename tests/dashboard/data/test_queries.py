import optuna
import pytest
import streamlit as st

from backend.errors import UserError
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import delete_study, load_study
from dashboard.data import configurations, queries
from tests.dashboard.conftest import Config


@pytest.fixture(autouse=True)
def no_leftovers(home: object) -> None:
    st.cache_data.clear()
    st.cache_resource.clear()


def test_a_study_is_found_by_name(finished: str, foreign: str) -> None:
    assert queries.find_study(finished).name == finished
    assert {item.name for item in queries.studies()} == {finished, foreign}


def test_an_unknown_study_is_named_with_those_there_are(finished: str) -> None:
    with pytest.raises(UserError, match=f"no study 'nowhere'; there are: {finished}"):
        queries.find_study("nowhere")


def test_new_trials_of_a_live_study_are_seen(foreign: str, database: Database) -> None:
    summary = queries.find_study(foreign)
    assert len(queries.trials(summary)) == 8
    study = load_study(database, foreign)
    trial = study.ask()
    assert queries.trials(summary)["state"].tolist()[-1] == "running"
    study.tell(trial, [1.0, 2.0])
    assert queries.trials(summary)["state"].tolist()[-1] == "complete"


def test_an_unchanged_study_is_not_read_again(foreign: str, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = queries.find_study(foreign)
    first = queries.trials(summary)
    monkeypatch.setattr("backend.studies.live_trials.rows_of", pytest.fail)
    assert queries.trials(summary).equals(first)


def test_a_study_made_anew_under_an_old_name_is_another(foreign: str, database: Database) -> None:
    assert len(queries.trials(queries.find_study(foreign))) == 8
    delete_study(database, foreign)
    queries.forget_study()
    optuna.create_study(storage=database.storage, study_name=foreign)
    assert queries.trials(queries.find_study(foreign)).empty


def test_a_study_deleted_in_another_window_is_said_in_words(foreign: str, database: Database) -> None:
    summary = queries.find_study(foreign)
    queries.trials(summary)
    delete_study(database, foreign)
    with pytest.raises(UserError, match="no study 'foreign'"):
        queries.trials(summary)


def test_the_best_trials_and_the_ensemble_of_a_search(finished: str) -> None:
    summary = queries.find_study(finished)
    assert summary.config
    assert queries.best(summary, 200)["nasbench_data_metrics"].map(lambda truth: "test-accuracy" in truth).all()
    assert set(queries.ensemble(summary, summary.config).ensemble.weights or {}) == {"l2_norm", "params", "flops"}


def test_the_log_ends_with_the_newest_line(finished: str) -> None:
    lines = queries.log(queries.find_study(finished))
    assert "12 of 12" in lines[-1].message
    assert queries.log(queries.find_study(finished), last=1) == lines[-1:]


def test_an_external_study_has_no_run(foreign: str) -> None:
    assert queries.current_run(queries.find_study(foreign)) is None


def test_the_size_of_a_space_counts_connected_networks(make_config: Config) -> None:
    assert f"**{15_625 - 341:,}** connected cells of 15,625 combinations." in configurations.left(
        make_config().search_space
    )
    several = make_config(cells={"C": [8, 16], "N": [1, 2, 3]}).search_space
    assert f"at 6 sizes: **{6 * (15_625 - 341):,}** connected networks to score" in configurations.left(several)


def test_more_images_than_there_are_is_a_problem_of_the_machine(make_config: Config) -> None:
    assert configurations.machine_problems(make_config()) == []
    ((field, message),) = configurations.machine_problems(make_config(runner={"num_samples": 5_000}))
    assert field.endswith("num_samples")
    assert "1000" in message


def test_a_queued_search_is_active(database: Database, make_config: Config) -> None:
    name = prepare(database, make_config())
    run = queries.current_run(queries.find_study(name))
    assert run is not None
    assert run.active
