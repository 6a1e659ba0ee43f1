"""The study's page trains and shows what was measured; the proxies' and the ensemble's page compare with it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from backend.search.results import study_recommendation
from backend.spaces import registry
from backend.storage.database import Database
from backend.studies import load_study, study_config, trainings, trials_frame
from tests.backend.training.records import RECIPE, record
from tests.dashboard.markdown import as_read
from tests.dashboard.views.test_study import table, text

Open = Callable[..., AppTest]


@pytest.fixture
def trained(database: Database, finished: str) -> list[int]:
    """The first seven of the recommended architectures of a finished search, each better than the one before."""
    study = load_study(database, finished)
    config = study_config(study)
    assert config
    listed = list(study_recommendation(trials_frame(study), config).index)
    architectures = [registry.get().at(label) for label in listed[:7]]
    record(
        database,
        finished,
        {item.key: 40.0 + number for number, item in enumerate(architectures)},
        {item.key: item.class_key for item in architectures},
    )
    return listed


def test_the_button_queues_the_first_of_the_recommended(
    app: Open, database: Database, finished: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.runs.queueing.start_worker", lambda _database: None)
    page = app("study", study=finished)
    page.number_input(key="train_top").set_value(2)
    page.number_input(key="train_epochs").set_value(3)
    page.button(key="train").click().run()
    assert not page.exception
    study_id = load_study(database, finished)._study_id
    queued = trainings.read_trainings(database, study_id)
    assert [(item.state, item.epochs, item.seed) for item in queued] == [("queued", 3, 0)] * 2
    assert list(table(page, "progress")["progress"]) == ["0 of 3"] * 2
    page.button(key="stop_training").click().run()
    assert [item.state for item in trainings.read_trainings(database, study_id)] == ["stopped"] * 2
    assert page.button(key="stop_training").disabled


def test_what_was_measured_stands_beside_the_benchmark(app: Open, finished: str, trained: list[int]) -> None:
    page = app("study", study=finished)
    assert not page.exception
    assert not page.error
    said = as_read(text(page))
    assert f"Trained 7 of {len(trained)}; next: cell {trained[7]}" in said.replace(",", "")
    assert "Measured here: held-out accuracy after the last epoch, cifar10, 2 epochs" in said
    shortlist = table(page, "measured")
    assert list(shortlist["measured"].dropna()) == [40.0 + number for number in range(7)]
    assert shortlist["accuracy"].notna().all()
    assert list(table(page, "progress")["state"]) == ["Finished"] * 7


def test_trainings_of_every_state_stand_in_the_table_and_what_they_say_is_no_markup(
    app: Open, database: Database, finished: str
) -> None:
    study_id = load_study(database, finished)._study_id
    architectures = [registry.get().at(label) for label in range(5)]
    trainings.add(database, study_id, RECIPE, 0, {item.key: item.class_key for item in architectures})
    hostile = "![x](http://evil.example/x.png) <b>no</b> [a](http://evil.example)"
    ends = {"failed": hostile, "stopped": "stopped by you", "running": ""}
    for state, message in ends.items():
        training = trainings.claim(database, study_id)
        assert training
        trainings.describe(database, training.id, device="cpu", split=hostile)
        if state != "running":
            trainings.end(database, training.id, state, message)
    page = app("study", study=finished)
    assert not page.exception
    assert not page.error
    shown = table(page, "progress")
    assert sorted(shown["state"]) == ["Failed", "Queued", "Queued", "Running", "Stopped"]
    assert hostile in set(shown["message"])
    # Nothing is measured yet: the first recommended one is still to be trained.
    assert "Train **" in text(page)
    assert "evil.example" not in text(page)


def test_proxies_are_correlated_with_what_was_measured_only_when_that_is_chosen(
    app: Open, finished: str, trained: list[int]
) -> None:
    page = app("proxies", study=finished, ranking="table")
    assert not page.exception
    assert table(page, "spearman")["cells"].max() == 12
    page = app("proxies", study=finished, ranking="table", accuracies="measured")
    assert not page.exception
    assert not page.error
    assert table(page, "spearman")["cells"].max() == 7
    assert "Measured here: held-out accuracy" in as_read(text(page))


def test_an_ensemble_is_fitted_on_what_was_measured(app: Open, finished: str, trained: list[int]) -> None:
    page = app("ensemble", study=finished, accuracies="measured", proxies="l2_norm,params")
    assert not page.exception
    assert not page.error, [error.value for error in page.error]
    assert table(page, "expected")["expected"].between(35, 50).all()
    assert "Measured here: held-out accuracy" in as_read(text(page))
