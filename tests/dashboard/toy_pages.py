"""Opens the pages of an installation with studies of a space that is not the default one, and reads them."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.spaces.own import load_user_spaces
from backend.storage.database import Database, open_database
from tests.dashboard.conftest import APP
from tests.dashboard.markdown import as_read

SPACE = Path(__file__).parents[1] / "toy_space.py"


@contextmanager
def installation(folder: Path, spaces: Path = SPACE) -> Iterator[Database]:
    """The empty study database of an installation that has the search spaces of a file."""
    with pytest.MonkeyPatch.context() as patch:
        _use(patch, folder, spaces)
        load_user_spaces()
        database = open_database()
        database.prepare()
        yield database


def _use(patch: pytest.MonkeyPatch, folder: Path, spaces: Path) -> None:
    patch.setenv("PROXYSCOPE_HOME", str(folder))
    patch.setenv("PROXYSCOPE_SPACES", str(spaces))
    patch.delenv("PROXYSCOPE_STORAGE", raising=False)


@contextmanager
def opened_pages(folder: Path, spaces: Path = SPACE) -> Iterator[Callable[..., AppTest]]:
    """What opens a page of an installation by its link, and checks that nothing on it is an exception."""
    pages: dict[str, AppTest] = {}

    def open_page(page: str, **parameters: str | list[str]) -> AppTest:
        if page not in pages:
            pages[page] = AppTest.from_file(str(APP), default_timeout=120).run().switch_page(f"views/{page}/page.py")
        test = pages[page]
        test.query_params.clear()
        for name, value in parameters.items():
            test.query_params[name] = value
        test.run()
        assert not test.exception, [error.message for error in test.exception]
        return test

    with pytest.MonkeyPatch.context() as patch:
        _use(patch, folder, spaces)
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        st.cache_data.clear()
        st.cache_resource.clear()
        yield open_page
    st.cache_data.clear()
    st.cache_resource.clear()


def said(page: AppTest) -> str:
    """All words of a page: texts, labels, options and tooltips, and the axes and legends of its charts.

    What the rule without labels says of itself is left out.
    """
    elements = [
        *page.title, *page.subheader, *page.markdown, *page.caption, *page.info, *page.warning, *page.error, *page.code
    ]  # fmt: skip
    words = [element.value for element in elements]
    for widget in (*page.selectbox, *page.multiselect, *page.text_input, *page.button, *page.metric):
        # The lists of all spaces, and of all score tables, name the others too.
        options = getattr(widget, "options", ()) if widget.key not in {"search_space", "source"} else ()
        words += [widget.label, getattr(widget, "help", ""), *map(str, options)]
    words += [chart.proto.spec for chart in page.get("plotly_chart")]
    words += [str(frame.value.columns.tolist()) for frame in page.dataframe]
    return as_read("\n".join(map(str, filter(None, words))))
