import io
import zipfile
from collections.abc import Callable

import optuna
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.naming import file_name
from backend.runs import queue
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage.database import Database
from backend.studies import list_studies, load_study, runs
from backend.studies.notes import note_in, save_note
from dashboard.data.queries import studies
from dashboard.views.studies.actions import as_archive
from tests.backend.studies.test_deletion import BUSY, rows_left, writer
from tests.dashboard.conftest import Config

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
        foreign: "External",
    }
    assert table.loc[finished, "progress"] == 100
    assert table.loc[running, "progress"] == pytest.approx(15)
    assert table.loc[finished, "dataset"] == "cifar10"
    assert list(table.loc[finished, "objectives"]) == ["l2_norm", "params"]


def test_the_newest_study_is_chosen_and_named(app: Open, foreign: str, finished: str) -> None:
    page = app("studies")
    assert f"**{finished}**" in text(page)
    assert page.button(key="stop_study").disabled
    assert not page.button(key="resume_study").disabled
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
    assert not page.error
    page.button(key="run_example").click().run()
    assert not page.exception
    assert page.error[0].value.replace("\\", "").startswith("storage: cannot make the folder /proc/nowhere")


def test_a_foreign_study_has_dashes_for_what_it_lacks(app: Open, foreign: str) -> None:
    page = app("studies")
    assert not page.exception
    row = page.dataframe[0].value.iloc[0]
    assert row["trials"] == 8
    assert row[["progress", "dataset", "accuracy", "proxy", "spearman", "where"]].isna().all()
    assert page.button(key="clone_study").disabled
    assert page.button(key="resume_study").disabled
    assert not page.button(key="rename_study").disabled


def test_what_a_study_has_found_stands_beside_it(app: Open, finished: str, frame: pd.DataFrame) -> None:
    row = app("studies").dataframe[0].value.iloc[0]
    cells = frame[frame["state"] == "complete"]
    assert row["accuracy"] == pytest.approx(cells["200:test-accuracy"].max())
    ranks = cells[["l2_norm", "params", "flops"]].corrwith(cells["200:test-accuracy"], method="spearman")
    assert row["proxy"] in ranks.index
    assert abs(row["spearman"]) == pytest.approx(ranks.abs().max())
    assert row["started"]
    assert "cpu" in row["where"] or "cuda" in row["where"]


def test_filters_and_order_come_from_the_link(
    app: Open, finished: str, running: str, foreign: str, database: Database, make_config: Config
) -> None:
    prepare(database, make_config(setup={"n_trials": 12, "sampler": "qmc", "seed": 3}), "another")
    execute_run(database, "another")

    def listed(**parameters: str) -> list[str]:
        page = app("studies", **parameters)
        assert not page.exception
        return page.dataframe[0].value["name"].tolist() if page.dataframe else []

    assert listed() == ["another", foreign, running, finished]
    assert listed(state="finished") == ["another", finished]
    assert listed(state="active") == [running]
    assert listed(state="elsewhere") == [foreign]
    assert listed(sampler="qmc") == ["another"]
    assert listed(find="STUDY") == [running, finished]
    assert listed(sort="name") == sorted([finished, running, foreign, "another"])
    assert listed(find="no such thing") == []
    accuracy = app("studies", sort="accuracy").dataframe[0].value["accuracy"].dropna()
    assert len(accuracy) == 3
    assert accuracy.is_monotonic_decreasing


def test_a_filter_stays_in_the_link_and_can_be_taken_out(app: Open, finished: str, running: str) -> None:
    page = app("studies")
    page.selectbox(key="linked_state").select("failed").run()
    assert page.query_params["state"] == "failed"
    assert not page.dataframe
    page.button(key="clear_filters").click().run()
    assert "state" not in page.query_params
    assert len(page.dataframe[0].value) == 2


def test_a_link_with_a_state_that_there_is_not_says_which_there_are(app: Open, finished: str) -> None:
    page = app("studies", state="sleeping")
    assert "state: 'sleeping' is not valid in a link" in page.warning[0].value.replace("\\", "")
    assert len(page.dataframe[0].value) == 1


def test_renaming_moves_the_study_and_what_belongs_to_it(app: Open, finished: str, database: Database) -> None:
    page = app("studies")
    page.button(key="rename_study").click().run()
    page.text_input(key=f"new_name_{study_id(database, finished)}").set_value("a better name")
    page.button(key="confirm_rename").click().run()
    assert not page.exception
    assert optuna.get_all_study_names(database.storage) == ["a better name"]


def test_a_study_that_is_searched_keeps_its_name_and_says_why(app: Open, running: str) -> None:
    button = app("studies").button(key="rename_study")
    assert button.disabled
    assert "stop it first" in button.help


def test_a_note_is_shown_found_and_seen_by_optuna_dashboard(app: Open, finished: str, database: Database) -> None:
    page = app("studies")
    page.button(key="note_study").click().run()
    page.text_area(key=f"note_text_{study_id(database, finished)}").set_value("seed of the *thesis*")
    page.button(key="save_note").click().run()
    assert not page.exception
    assert note_in(database.storage.get_study_system_attrs(study_id(database, finished))) == "seed of the *thesis*"
    assert app("studies", find="thesis").dataframe[0].value["note"].tolist() == ["seed of the *thesis*"]


def test_a_finished_search_goes_on_with_more_trials(
    app: Open, finished: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.runs.launch.start_process", lambda *_: None)
    page = app("studies")
    page.button(key="resume_study").click().run()
    total = page.number_input(key=f"total_trials_{study_id(database, finished)}")
    assert total.value == 24
    total.set_value(15)
    page.button(key="confirm_resume").click().run()
    run = runs.read_run(database, study_id(database, finished))
    assert run
    assert (run.state, run.asked, run.done) == ("queued", 15, 12)


def test_too_few_trials_are_refused_in_words(app: Open, finished: str, database: Database) -> None:
    page = app("studies")
    page.button(key="resume_study").click().run()
    page.number_input(key=f"total_trials_{study_id(database, finished)}").set_value(5)
    page.button(key="confirm_resume").click().run()
    assert "all 12 trials" in page.error[0].value


def test_cloning_fills_the_form_with_the_studys_settings(app: Open, finished: str) -> None:
    page = app("new_search", study=finished)
    assert not page.exception
    assert page.multiselect(key="search_proxies").value == ["l2_norm", "params", "flops"]
    assert page.text_input(key="search_n_trials").value == "12"


def test_the_archive_has_trials_file_and_note_of_each_study(
    app: Open, finished: str, foreign: str, database: Database
) -> None:
    optuna.create_study(storage=database.storage, study_name="../../evil")
    save_note(load_study(database, finished), "mine")
    app("studies")
    with zipfile.ZipFile(io.BytesIO(as_archive(studies()))) as archive:
        names = set(archive.namelist())
        assert len(pd.read_csv(archive.open(f"{finished}/trials.csv"))) == 12
        assert SearchConfig.from_toml(archive.read(f"{finished}/config.toml").decode()).setup.n_trials == 12
        assert archive.read(f"{finished}/note.md") == b"mine"
    assert names == {
        f"{finished}/trials.csv",
        f"{finished}/config.toml",
        f"{finished}/note.md",
        f"{foreign}/trials.csv",
        f"{file_name('../../evil')}/trials.csv",
    }


def test_a_queue_that_nobody_works_on_can_be_started(app: Open, queued: str, database: Database) -> None:
    queue.add(database, study_id(database, queued))
    page = app("studies")
    assert "1 search waits on this machine, and nothing is there to start them" in text(page)
    assert page.button(key="start_queue").label == "Start the queue"


def study_id(database: Database, name: str) -> int:
    return load_study(database, name)._study_id


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared(request: pytest.FixtureRequest) -> Database:
    """The installation's study database: a file in one test, on the server in another."""
    return request.getfixturevalue("postgres_database" if request.param == "postgres" else "database")


def test_studies_are_deleted_while_another_process_writes_to_one(app: Open, shared: Database) -> None:
    for name in ("idle", BUSY):
        optuna.create_study(storage=shared.storage, study_name=name)
    with writer(shared) as process:
        page = app("help")
        page.session_state["chosen_studies"] = [item.study_id for item in list_studies(shared)]
        page.switch_page("views/studies/page.py").run().button(key="delete_study").click().run()
        assert page.button(key="confirm_delete").label == "Delete 2 studies"
        page.button(key="confirm_delete").click().run()
        assert not page.exception
        assert not page.error
        assert list_studies(shared) == []
        assert process.wait(timeout=120) != 0
    assert rows_left(shared.url) == {}
