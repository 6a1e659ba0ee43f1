"""The study database of a browser session: chosen in the sidebar, for it alone, its password shown nowhere."""

from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.studies import list_studies
from tests.conftest import cheap_config
from tests.dashboard.conftest import FINISHED
from tests.dashboard.markdown import as_read
from tests.postgres.server import PASSWORD

Open = Callable[..., AppTest]


@pytest.fixture
def other(postgres_url: str) -> str:
    """The URL of a database on a server with a study that has the name of one here, and another number of trials."""
    database = open_database(postgres_url)
    prepare(database, cheap_config(setup={"n_trials": 3}), FINISHED)
    execute_run(database, FINISHED)
    database.engine.dispose()
    return postgres_url


def opened(page: AppTest, url: str) -> AppTest:
    page.sidebar.text_input(key="storage_url").set_value(url)
    return page.sidebar.button(key="storage_open").click().run()


def test_two_sessions_with_different_databases_never_see_each_others_trials(
    app: Open, finished: str, other: str
) -> None:
    here, there = app("study", study=finished), opened(app("studies"), other)
    there.switch_page("views/study/page.py")
    there.query_params["study"] = finished
    for _ in range(2):
        assert any("12 of 12" in line.value for line in here.run().markdown)
        assert any("3 of 3" in line.value for line in there.run().markdown)
    back = there.sidebar.button(key="storage_default").click().run()
    assert not back.exception
    assert "study" not in back.query_params
    assert str(back.sidebar.code[0].value).startswith("sqlite:///")


def test_the_password_is_nowhere_on_the_page_nor_in_the_link(app: Open, finished: str, other: str) -> None:
    page = opened(app("studies"), other)
    assert "postgresql+psycopg://proxyscope:***@" in page.sidebar.code[0].value
    for view in ("studies", "new_search", "help", "ensemble"):
        page.switch_page(f"views/{view}/page.py").run()
        assert not page.exception
        assert PASSWORD not in f"{page.main} {page.sidebar}"
        assert PASSWORD not in str(page.query_params)
        assert page.sidebar.text_input(key="storage_url").value == ""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "give the URL of a study database"),
        ("studies.db", "not a SQLAlchemy URL"),
        ("sqlite:////nowhere/studies.db", "there is no file '/nowhere/studies.db'"),
        ("postgresql://ann:kept-secret@127.0.0.1:1/name", "cannot open postgresql+psycopg://ann:***@127.0.0.1:1/name"),
    ],
)
def test_a_database_that_cannot_be_opened_is_said_and_changes_nothing(
    app: Open, finished: str, url: str, said: str
) -> None:
    page = opened(app("studies"), url)
    (error,) = page.sidebar.error
    assert said in as_read(error.value)
    assert PASSWORD not in error.value
    assert str(page.sidebar.code[0].value).startswith("sqlite:///")
    assert page.dataframe


def test_what_is_launched_goes_to_the_chosen_database(
    app: Open, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = open_database(f"sqlite:///{tmp_path / 'chosen.db'}")
    chosen.prepare()
    page = opened(app("studies"), chosen.url)
    page.switch_page("views/new_search/page.py").run()
    page.text_input(key="study_name").set_value("there")
    page.checkbox(key="leave_to_worker").check()
    page.button(key="launch").click().run()
    assert not page.exception
    assert [item.name for item in list_studies(chosen)] == ["there"]
    assert [(line.action, line.via) for line in audit.entries(chosen)] == [("launch", "page")]
    assert list_studies(database) == []


@pytest.mark.parametrize("fixed", ["1", "yes"])
def test_a_server_can_show_its_own_database_alone(
    app: Open, finished: str, fixed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE_FIXED", fixed)
    page = app("studies")
    assert not page.sidebar.text_input
    assert any("opens this one alone" in caption.value for caption in page.sidebar.caption)
    share = app("share", view="between")
    assert any("its own study database alone" in box.value for box in share.info)
    assert not share.main.text_input


@pytest.mark.parametrize(
    ("address", "allowed", "possible"),
    [
        ("127.0.0.1", "", True),
        ("::1", "", True),
        ("0.0.0.0", "", False),
        ("192.0.2.7", "", False),
        ("0.0.0.0", "0", True),
    ],
)
def test_visitors_from_elsewhere_open_no_files_of_the_machine_unless_allowed(
    app: Open, finished: str, address: str, allowed: str, possible: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE_FIXED", allowed)
    before = st.get_option("server.address")
    st._config.set_option("server.address", address)
    try:
        page = app("help")
        assert bool(page.sidebar.text_input) == possible
    finally:
        st._config.set_option("server.address", before)
