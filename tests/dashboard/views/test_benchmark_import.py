"""The import in the browser: from a path to a table, and what a user reads when something is wrong."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.errors import UserError
from backend.truth.importing.release_import import import_release
from backend.truth.lookup import query
from dashboard.server.jobs import ImportJob
from tests.backend.truth.importing import samples

PAGE = Path(__file__).with_name("import_page.py")


@pytest.fixture
def page(home: Path) -> AppTest:
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(PAGE), default_timeout=60).run()


def import_path(page: AppTest, path: Path | str) -> AppTest:
    """Type a path, press the button, and wait for the end."""
    page.text_input(key="benchmark_import_path").set_value(str(path)).run()
    page.button(key="benchmark_import_start").click().run()
    for _ in range(300):
        if not page.button(key="benchmark_import_start").disabled:
            break
        time.sleep(0.1)
        page.run()
    assert not page.exception
    return page


def test_without_an_import_the_page_says_so(page: AppTest) -> None:
    assert [caption.value for caption in page.caption] == ["No release has been imported yet."]
    assert page.text_input(key="benchmark_import_path").help
    assert page.button(key="benchmark_import_start").help
    assert not page.error


def test_an_import_is_told_listed_and_answers_queries(page: AppTest) -> None:
    assert query(11, "cifar10")["train-loss"] is None
    import_path(page, samples.PTH)
    assert [message.value for message in page.success] == [page.success[0].value]
    assert "3 of the 15,625 architectures of NAS-Bench-201-v1\\_1-096897: 75 rows" in page.success[0].value
    (listed,) = [frame.value for frame in page.dataframe]
    assert listed.iloc[0]["release"] == "NAS-Bench-201-v1_1-096897"
    assert listed.iloc[0]["architectures"] == 3
    assert listed.iloc[0]["source"] == samples.PTH.name
    assert query(11, "cifar10")["train-loss"] is not None
    import_path(page, samples.FOLDER)
    assert set(page.dataframe[0].value["release"]) == {"NAS-Bench-201-v1_1-096897", "NATS-Bench tss v1_0"}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: "", "path: give the file or folder on the server"),
        (lambda folder: folder / "nowhere", "is neither a file nor a folder; valid are"),
        (lambda folder: samples.CSV, "it is of another format"),
    ],
)
def test_what_is_wrong_is_said_in_words(
    page: AppTest, tmp_path: Path, make: Callable[[Path], Path | str], words: str
) -> None:
    import_path(page, make(tmp_path))
    (message,) = page.error
    assert words in message.value.replace("\\", "")
    assert not page.success
    assert not page.dataframe


def test_a_damaged_table_does_not_hide_the_import(page: AppTest, home: Path) -> None:
    table = import_release(samples.PTH).path
    table.write_bytes(b"")
    page.run()
    assert "is damaged; delete it and import the release again" in page.error[0].value.replace("\\", "")
    table.unlink()
    assert import_path(page, samples.PTH).success


def test_one_import_runs_at_a_time_and_what_pages_hold_is_dropped_at_its_end(home: Path) -> None:
    dropped = Event()
    job = ImportJob(lambda: dropped.wait(60) and None)
    assert job.outcome() is None
    job.start(str(samples.PTH))
    assert job.running
    with pytest.raises(UserError, match=r"^an import of .*three_archs.pth is under way; wait for its end$"):
        job.start(str(samples.FOLDER))
    assert job.outcome() is None
    dropped.set()
    while job.running:
        time.sleep(0.05)
    assert job.outcome().architectures == job.architectures == 3
    assert job.part > 0.9
