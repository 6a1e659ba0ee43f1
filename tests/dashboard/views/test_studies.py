from collections.abc import Callable

import optuna
import pytest
from streamlit.testing.v1 import AppTest

from backend.studies import Database, runs
from dashboard.components.study_table import studies_frame
from dashboard.queries import studies

Open = Callable[..., AppTest]


def text(page: AppTest) -> str:
    return "\n".join(element.value for element in [*page.markdown, *page.caption, *page.subheader])


def test_an_empty_installation_says_what_this_is_and_offers_one_click(app: Open) -> None:
    page = app("studies")
    assert not page.exception
    assert "zero-cost proxies" in text(page)
    assert page.button(key="run_example").label == "Run the example search"
    assert not page.dataframe


def test_every_state_stands_in_the_table(
    app: Open, finished: str, running: str, failed: str, queued: str, foreign: str
) -> None:
    page = app("studies")
    assert not page.exception
    table = page.dataframe[0].value.set_index("name")
    assert table["state"].to_dict() == {
        finished: "Finished",
        running: "Running",
        failed: "Failed",
        queued: "Queued",
        foreign: "Made elsewhere",
    }
    assert table.loc[finished, "progress"] == 100
    assert table.loc[running, "progress"] == pytest.approx(15)
    assert table.loc[finished, "dataset"] == "cifar10"
    assert list(table.loc[finished, "objectives"]) == ["l2_norm", "params"]


def test_the_newest_study_is_chosen_and_named(app: Open, foreign: str, finished: str) -> None:
    page = app("studies")
    assert f"**{finished}**" in text(page)
    assert page.button(key="stop_study").disabled
    assert page.button(key="resume_study").disabled
    assert not page.button(key="delete_study").disabled


def test_a_running_study_can_be_stopped_but_not_deleted(app: Open, running: str, database: Database) -> None:
    page = app("studies")
    assert page.button(key="delete_study").disabled
    page.button(key="stop_study").click().run()
    assert not page.error
    assert page.dataframe[0].value["state"].tolist() == ["Stopping"]


def test_a_study_is_deleted_only_after_confirmation(app: Open, finished: str, database: Database) -> None:
    page = app("studies")
    page.button(key="delete_study").click().run()
    assert finished in text(page)
    assert optuna.get_all_study_names(database.storage) == [finished]
    page.button(key="confirm_delete").click().run()
    assert optuna.get_all_study_names(database.storage) == []
    assert runs.read_runs(database) == {}


def test_keeping_it_keeps_it(app: Open, finished: str, database: Database) -> None:
    page = app("studies")
    page.button(key="delete_study").click().run()
    page.button(key="cancel_delete").click().run()
    assert optuna.get_all_study_names(database.storage) == [finished]


def test_an_unwritable_storage_is_one_line_in_words(app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE", "sqlite:////proc/nowhere/studies.db")
    page = app("studies")
    assert not page.exception
    assert page.error[0].value.replace("\\", "").startswith("storage: cannot make the folder /proc/nowhere")


def test_a_foreign_study_has_dashes_for_what_it_lacks(app: Open, foreign: str) -> None:
    app("studies")
    row = studies_frame(studies()).iloc[0]
    assert row["trials"] == 8
    assert row["progress"] is None
    assert row["dataset"] is None
