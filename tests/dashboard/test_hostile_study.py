"""A study whose search file or attributes are not valid is one bad row, and its pages show what there is."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.sharing.contents import read_contents
from backend.sharing.inspection.opening import opened_file
from backend.sharing.transfer import import_studies
from backend.storage.database import Database, open_database
from backend.studies import load_study
from dashboard.data import queries
from dashboard.report import study_report
from dashboard.views.studies.actions import as_archive
from dashboard.views.study.views import VIEWS
from tests.dashboard.views.test_share import dropped
from tests.snapshots import made_once

Open = Callable[..., AppTest]
CASES = Path(__file__).parents[1] / "data" / "cases"
WRONG_TYPES, DIGITS = CASES / "search_file_of_wrong_types.db", CASES / "metric_of_300_digits.db"
COLLEAGUES = "from a colleague"
NOT_VALID = "its search file is not valid: search.search_space.nas_zero_cost.config.dataset[0]"


def text(page: AppTest) -> str:
    boxes = [*page.markdown, *page.caption, *page.info, *page.success, *page.warning, *page.error]
    return "\n".join(element.value for element in boxes).replace("\\", "")


@pytest.fixture
def colleagues(database: Database) -> str:
    """The study whose search file has lists and tables where words belong, imported."""

    def make() -> None:
        with opened_file(WRONG_TYPES) as source:
            import_studies(source, database, read_contents(source), "a file")

    made_once(database, COLLEAGUES, make)
    return COLLEAGUES


def test_the_start_page_has_one_bad_row_that_says_why(app: Open, finished: str, colleagues: str) -> None:
    page = app("studies")
    assert not page.exception
    assert not page.error
    table = page.dataframe[0].value.set_index("name")
    assert table.loc[colleagues, "problem"].startswith(NOT_VALID)
    assert table.loc[finished, "problem"] is None or table.loc[finished, "problem"] != table.loc[finished, "problem"]
    assert table.loc[finished, "dataset"] == "cifar10"


def test_without_a_bad_study_there_is_no_such_column(app: Open, finished: str) -> None:
    assert "problem" not in app("studies").dataframe[0].value


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_the_study_opens(app: Open, colleagues: str, view: str) -> None:
    page = app("study", study=colleagues, view=view)
    assert not page.exception
    assert NOT_VALID in text(page)
    if view == "config":
        assert 'seed="<b>x"' in page.code[0].value


@pytest.mark.slow
@pytest.mark.parametrize("name", ["compare", "proxies", "ensemble", "share", "benchmark"])
def test_every_page_opens_with_it(app: Open, finished: str, colleagues: str, name: str) -> None:
    page = app(name, study=colleagues)
    assert not page.exception
    assert not app(name, study=finished).exception


def test_it_cannot_be_cloned_or_resumed_and_says_why(app: Open, colleagues: str) -> None:
    page = app("new_search", study=colleagues)
    assert not page.exception
    assert f"the settings of '{colleagues}' are not known here: {NOT_VALID}" in text(page)


def test_its_report_and_archive_are_made(colleagues: str) -> None:
    summary = queries.find_study(colleagues)
    assert "its search file is not valid" in study_report(summary)
    assert as_archive([summary])


def test_the_import_says_it_before_it_copies(app: Open, database: Database) -> None:
    page = dropped(app("share", view="import"), WRONG_TYPES.read_bytes())
    (row,) = page.dataframe[0].value.to_dict("records")
    assert row["comes"].startswith(f"new; {NOT_VALID}")
    assert not queries.studies()


def test_the_import_names_the_integer_that_no_float_holds(app: Open, database: Database) -> None:
    page = dropped(app("share", view="import"), DIGITS.read_bytes())
    assert "an attribute 'software_metrics.x' is not what ProxyScope keeps there" in text(page)
    assert "a whole number of 300 digits" in text(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (("a" + ".a" * 20_000 + " = 1").encode(), "mine.toml is not a search file: it has keys nested deeper than 32"),
        (b"#" * 300_000, "mine.toml is not a search file: it is larger than 256 kB"),
        ("# \xfc".encode("latin-1"), "mine.toml is not valid TOML: it is not UTF-8 text"),
        ((CASES / "bom.toml").read_bytes(), "mine.toml fills the form"),
    ],
)
def test_the_form_reads_uploads_within_bounds(app: Open, database: Database, content: bytes, words: str) -> None:
    page = app("new_search")
    page.file_uploader(key="search_upload").upload("mine.toml", content, "application/toml").run()
    assert not page.exception
    assert words in text(page)


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        ("study_user_attributes", "proxyscope:config", json.dumps("a" + ".a" * 20_000 + " = 1")),
        ("study_user_attributes", "proxyscope:config", '[["a"], {}]'),
        ("study_user_attributes", "anything", "[" * 900 + "]" * 900),
        ("study_system_attributes", "study:metric_names", '[1, {"a": 2}]'),
        ("study_system_attributes", "dashboard:note_str:0", "[[]]"),
        ("trial_user_attributes", "software_metrics", "[1, 2]"),
        ("trial_user_attributes", "index", '"x"'),
    ],
)
def test_hostile_attributes_leave_the_start_page_and_the_other_study(
    app: Open, database: Database, finished: str, colleagues: str, table: str, key: str, value: str
) -> None:
    owner = table.split("_", maxsplit=1)[0]
    study = load_study(database, colleagues)
    owners = [study._study_id] if owner == "study" else [trial._trial_id for trial in study.trials]
    database.engine.dispose()
    with closing(sqlite3.connect(Path(str(database).removeprefix("sqlite:///")))) as connection, connection:
        for number in owners:
            connection.execute(f"DELETE FROM {table} WHERE {owner}_id = ? AND key = ?", (number, key))
            columns = f"INSERT INTO {table} ({owner}_id, key, value_json)"
            connection.execute(f"{columns} VALUES (?, ?, ?)", (number, key, value))
    page = app("studies")
    assert not page.exception
    assert not page.error
    found = page.dataframe[0].value.set_index("name")
    assert set(found.index) == {finished, colleagues}
    assert found.loc[finished, "accuracy"] > 0
    assert not app("study", study=finished).exception
    if owner == "study":
        assert not app("study", study=colleagues).exception


def test_a_stored_integer_of_300_digits_breaks_no_list(app: Open, home: Path) -> None:
    home.mkdir(exist_ok=True)
    shutil.copy(DIGITS, home / "studies.db")
    open_database().engine.dispose()
    page = app("studies")
    assert not page.exception
    assert page.dataframe[0].value["name"].tolist() == ["base one"]
