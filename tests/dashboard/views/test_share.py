"""Sharing on the page: what is said, what is refused, and that nothing comes twice."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.sharing.export import export_studies
from backend.storage import audit
from backend.storage.database import Database
from backend.studies import delete_study, list_studies, load_study
from tests.backend.sharing import samples
from tests.backend.sharing.equality import assert_same_study

Open = Callable[..., AppTest]


def text(page: AppTest) -> str:
    boxes = [*page.markdown, *page.caption, *page.info, *page.success, *page.warning, *page.error]
    return "\n".join(element.value for element in boxes).replace("\\", "")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """What somebody sent: a search, and a study of plain Optuna."""
    other = samples.other_database(tmp_path)
    samples.make_search(other)
    samples.make_foreign(other)
    export_studies(other, [samples.SEARCH, samples.FOREIGN], tmp_path / "sent.db")
    return tmp_path / "sent.db"


def dropped(page: AppTest, content: bytes, name: str = "sent.db") -> AppTest:
    page.file_uploader[0].upload(name, content, "application/octet-stream").run()
    for _ in range(300):
        if page.error or any(button.key == "put_away" for button in page.button):
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def copied(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    for _ in range(300):
        if page.success or page.error:
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def test_an_empty_installation_has_nothing_to_export_and_takes_files_in(app: Open) -> None:
    page = app("share")
    assert not page.exception
    assert "There is no study to export yet." in text(page)
    assert not app("share", view="import").file_uploader[0].disabled
    assert "Nothing has been done yet." in text(app("share", view="history"))


def test_studies_of_a_link_are_chosen_and_made_a_file(app: Open, finished: str, foreign: str) -> None:
    page = app("share", study=finished)
    assert page.multiselect(key="shared_studies").value == [finished]
    assert page.dataframe[0].value["name"].tolist() == [finished]
    page.button(key="make_file").click().run()
    for _ in range(300):
        if page.success:
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    assert f"**{finished}.db** is ready: 1 study, 12 trials, " in text(page)
    assert " scores, " in text(page)
    assert page.download_button(key="download_file")


def test_all_and_those_of_a_filter_can_be_exported(app: Open, finished: str, foreign: str) -> None:
    assert app("share").button(key="make_file").disabled
    everything = app("share", which="all")
    assert everything.button(key="make_file").label == "Make a file of 2 studies"
    some = app("share", which="filtered", find="FOR")
    assert some.dataframe[0].value["name"].tolist() == [foreign]
    none = app("share", which="filtered", find="no such thing")
    assert "No study is like that." in text(none)
    assert none.button(key="make_file").disabled


def test_a_link_to_what_is_not_there_says_so(app: Open, finished: str) -> None:
    page = app("share", study="gone", which="sideways")
    assert "study: no study 'gone'" in text(page)
    assert "which: 'sideways' is not valid in a link; valid are chosen, filtered, all" in text(page)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello", "no SQLite database"),
        (b"PK\x03\x04 and more", "a ZIP archive; unpack it first"),
        (b"", "it is empty"),
        (b"SQLite format 3\0" + bytes(4_000), "cannot be imported"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words_that_name_it(app: Open, content: bytes, words: str) -> None:
    page = dropped(app("share", view="import"), content, "notes *1*.db")
    (error,) = page.error
    assert error.value.replace("\\", "").startswith("notes *1*.db cannot be imported: ")
    assert words in error.value
    assert not any(button.key == "copy_in" for button in page.button)


def test_a_file_is_shown_before_anything_is_copied_then_copied_and_never_twice(
    app: Open, database: Database, file: Path
) -> None:
    page = dropped(app("share", view="import"), file.read_bytes())
    assert "2 studies: 2 new." in text(page)
    assert set(page.dataframe[0].value["comes"]) == {"new"}
    assert list_studies(database) == []
    assert page.button(key="copy_in").label == "Copy 2 studies in"
    copied(page, "copy_in")
    assert "Copied 2 studies, 20 trials, " in text(page)
    assert {item.name for item in list_studies(database)} == {samples.SEARCH, samples.FOREIGN}
    assert "2 studies: 2 already here as they are." in text(page)
    assert page.button(key="copy_in").disabled
    page.button(key="put_away").click().run()
    assert not page.dataframe
    again = dropped(page, file.read_bytes())
    assert set(again.dataframe[0].value["comes"]) == {
        f"already here as {samples.SEARCH!r}",
        f"already here as {samples.FOREIGN!r}",
    }
    assert again.button(key="copy_in").disabled
    assert [(entry.via, entry.action, entry.detail) for entry in audit.entries(database)] == [
        ("page", "import", "from sent.db")
    ] * 2


def test_a_clash_is_told_and_gets_another_name(app: Open, database: Database, file: Path) -> None:
    samples.make_search(database, samples.SEARCH, 5, "qmc")
    page = dropped(app("share", view="import"), file.read_bytes())
    rows = page.dataframe[0].value.set_index("name")
    assert rows.loc[samples.SEARCH, "comes"] == f"new, as '{samples.SEARCH} 2'"
    copied(page, "copy_in")
    assert {item.name for item in list_studies(database)} == {
        samples.SEARCH,
        f"{samples.SEARCH} 2",
        samples.FOREIGN,
    }


def test_a_study_that_is_here_with_other_trials_is_not_chosen_at_first(
    app: Open, database: Database, file: Path
) -> None:
    page = dropped(app("share", view="import"), file.read_bytes())
    copied(page, "copy_in")
    load_study(database, samples.FOREIGN).optimize(lambda trial: trial.suggest_float("x", 1e-3, 1, log=True), 2)
    page.run()
    assert "1 here with other trials: choose one" in text(page)
    assert page.button(key="copy_in").disabled


def test_a_look_exports_but_takes_nothing_in_and_says_why(
    app: Open, finished: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    assert not app("share", which="all").button(key="make_file").disabled
    importing = app("share", view="import")
    assert importing.file_uploader[0].disabled
    assert "Nothing can be imported: this is a look" in text(importing)
    between = app("share", view="between")
    assert "Nothing can be copied: this is a look" in text(between)
    assert "share_other_url" not in {field.key for field in between.text_input}
    history = app("share", view="history")
    assert not history.exception
    assert not history.error


def opened(page: AppTest, url: str) -> AppTest:
    page.text_input(key="share_other_url").set_value(url)
    page.button(key="open_other").click().run()
    assert not page.exception
    return page


def test_studies_are_copied_there_and_back(app: Open, database: Database, finished: str, tmp_path: Path) -> None:
    other = samples.other_database(tmp_path)
    samples.make_search(other)
    page = opened(app("share", view="between"), other.url)
    assert page.dataframe[0].value["comes"].tolist() == ["new"]
    copied(page, "copy_between")
    assert page.dataframe[0].value["comes"].tolist() == [f"already there as {finished!r}"]
    assert "Copied 1 study, 12 trials" in text(page)
    assert "to other.db." in text(page)
    assert_same_study(database, finished, other, finished)
    page.query_params["direction"] = "here"
    page.run()
    assert "2 studies: 1 new; 1 already here as they are." in text(page)
    copied(page, "copy_between")
    assert_same_study(other, samples.SEARCH, database, samples.SEARCH)
    page.button(key="close_other").click().run()
    assert page.text_input(key="share_other_url").value == ""


@pytest.mark.postgres
def test_the_password_of_another_database_is_shown_nowhere(
    app: Open, database: Database, finished: str, postgres_url: str
) -> None:
    page = opened(app("share", view="between"), postgres_url)
    copied(page, "copy_between")
    assert "Copied 1 study" in text(page)
    everything = repr(page) + text(page) + str(page.query_params)
    assert "kept-secret" not in everything
    wrong = opened(app("share", view="between"), postgres_url.replace("kept-secret", "wrong-secret"))
    assert "cannot open" in text(wrong)
    assert "secret" not in repr(wrong) + text(wrong)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "database: give the URL of another database"),
        ("no url", "not a SQLAlchemy URL"),
        ("sqlite:////nowhere/at.db", "there is no file '/nowhere/at.db'"),
    ],
)
def test_what_is_no_other_database_is_refused_in_words(app: Open, finished: str, url: str, words: str) -> None:
    assert words in text(opened(app("share", view="between"), url))


def test_this_database_is_no_other(app: Open, database: Database, finished: str) -> None:
    page = opened(app("share", view="between"), database.url)
    assert "studies.db is the one that is open here; give another" in text(page)


def test_history_has_a_line_for_what_was_done_the_newest_first(app: Open, database: Database, finished: str) -> None:
    delete_study(database, finished)
    lines = app("share", view="history").dataframe[0].value
    assert lines["action"].iloc[0] == "delete"
    assert lines["study"].iloc[0] == finished
    assert lines["via"].iloc[0] == "command line"
