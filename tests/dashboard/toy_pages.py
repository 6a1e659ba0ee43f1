"""Opens the pages of an installation with studies of the toy space."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import APP

SPACE = Path(__file__).parents[1] / "toy_space.py"


@contextmanager
def opened_pages(folder: Path) -> Iterator[Callable[..., AppTest]]:
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
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.setenv("PROXYSCOPE_SPACES", str(SPACE))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        patch.setitem(sys.modules, "__main__", sys.modules["__main__"])
        st.cache_data.clear()
        st.cache_resource.clear()
        yield open_page
    st.cache_data.clear()
    st.cache_resource.clear()
