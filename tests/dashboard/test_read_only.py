"""The app in read-only mode: every page opens and says so, and what a button would write is refused in words."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest


@pytest.mark.parametrize("page", ["studies", "study", "new_search", "proxies", "ensemble", "compare", "share", "help"])
def test_every_page_opens_and_says_that_it_is_a_look(
    app: Callable[..., AppTest], finished: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    opened = app(page, study=finished)
    assert not opened.exception
    assert not opened.error
    assert any("looked at here, not changed" in caption.value for caption in opened.caption)
