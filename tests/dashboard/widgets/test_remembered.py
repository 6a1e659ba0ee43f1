"""Pages open on the study that was looked at last, and a link that names something else goes before it."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from backend.storage.database import Database
from backend.studies import delete_study

Open = Callable[..., AppTest]


def go(page: AppTest, name: str, **link: str) -> AppTest:
    """Follow the navigation, or a link, to another page in the same visit."""
    page.switch_page(f"views/{name}/page.py")
    page.query_params.clear()
    for parameter, value in link.items():
        page.query_params[parameter] = value
    return page.run()


def test_the_pages_follow_the_study_that_was_opened(app: Open, finished: str) -> None:
    page = app("study", study=finished)
    for name in ("proxies", "ensemble", "compare", "study"):
        page = go(page, name)
        assert not page.exception
        assert page.query_params.get("study") in (finished, [finished]), name
    page = go(page, "benchmark")
    assert (page.query_params["view"], page.query_params["study"]) == ("study", finished)


def test_a_link_that_names_something_is_left_as_it_is(app: Open, finished: str) -> None:
    page = go(app("study", study=finished), "share", view="history")
    assert "study" not in page.query_params
    page = go(page, "new_search")
    assert "study" not in page.query_params


@pytest.mark.parametrize("name", ["study", "compare"])
def test_a_study_that_is_gone_is_forgotten(app: Open, database: Database, finished: str, name: str) -> None:
    page = app("study", study=finished)
    delete_study(database, finished)
    page = go(page, name)
    assert not page.exception
    assert not page.error
    assert "study" not in page.query_params
