"""What holds on every page: the user's own proxies, and a storage that cannot be used."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import proxies
from tests.dashboard.conftest import PAGES
from tests.dashboard.markdown import as_read

Open = Callable[..., AppTest]


@pytest.fixture
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A user's file that the environment names."""
    module = tmp_path / "mine.py"
    module.write_text(
        "from backend.proxies import register\n@register(reads=('images',))\ndef brightness(images):\n    return 1.0\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PROXYSCOPE_PROXY_MODULES", str(module))
    st.cache_resource.clear()
    yield module
    proxies.registry._PROXIES.pop("brightness", None)
    st.cache_resource.clear()


def test_a_proxy_of_ones_own_can_be_chosen_in_the_form(home: Path, own_module: Path, app: Open) -> None:
    page = app("new_search")
    assert not page.exception
    assert any("brightness" in chooser.options for chooser in page.multiselect)


def test_a_file_that_does_not_load_is_said_on_the_page(home: Path, own_module: Path, app: Open) -> None:
    own_module.write_text("import nothing_of_that_name", encoding="utf-8")
    page = app("studies")
    assert not page.exception
    assert any("nothing_of_that_name" in box.value.replace("\\", "") for box in page.error)


def test_a_storage_that_cannot_be_used_is_said_on_the_page(monkeypatch: pytest.MonkeyPatch, app: Open) -> None:
    monkeypatch.setenv("PROXYSCOPE_STORAGE", "postgresql://ann:secret@127.0.0.1:1/name")
    page = app("studies")
    assert not page.exception
    assert any("cannot open postgresql+psycopg://ann:***@" in as_read(box.value) for box in page.error)


@pytest.mark.slow
@pytest.mark.parametrize("state", ["", "running", "finished", "failed", "foreign"])
def test_every_page_opens_on_a_storage_in_every_state(app: Open, request: pytest.FixtureRequest, state: str) -> None:
    study = {"study": request.getfixturevalue(state)} if state else {}
    assert len(PAGES) >= 9
    for name in PAGES:
        page = app(name, **study)
        assert not page.exception, name
        assert page.title, name
