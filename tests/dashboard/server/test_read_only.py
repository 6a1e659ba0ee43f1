"""The app in read-only mode: every page opens and says so, and no button that would write can be pressed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.errors import StorageError
from backend.scoring.sweep import Sweep, SweepSetting
from backend.truth.importing.release_import import import_release


@pytest.mark.parametrize("page", ["studies", "study", "new_search", "proxies", "ensemble", "compare", "share", "help"])
def test_every_page_opens_and_says_that_it_is_a_look(
    app: Callable[..., AppTest], finished: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    opened = app(page, study=finished)
    assert not opened.exception
    assert not opened.error
    assert any("looked at here, not changed" in caption.value for caption in opened.caption)


@pytest.mark.parametrize(
    ("page", "keys"),
    [
        ("studies", ["rename_study", "note_study", "stop_study", "resume_study", "delete_study"]),
        ("study", ["stop_study", "resume_study", "delete_study"]),
        ("new_search", ["launch"]),
        ("ensemble", ["ensemble_save"]),
        ("benchmark", ["benchmark_import_start"]),
    ],
)
def test_what_writes_is_disabled_and_says_why(
    app: Callable[..., AppTest], finished: str, page: str, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    opened = app(page, study=finished)
    for key in keys:
        button = opened.button(key=key)
        assert button.disabled
        assert button.help == "Read-only: studies can be looked at here, not changed."


def test_commands_that_write_beside_the_database_are_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    with pytest.raises(StorageError, match=r"^read-only"):
        import_release(home)
    with pytest.raises(StorageError, match=r"^read-only"):
        Sweep(SweepSetting("cifar10", ("params",)), home / "sweeps")
    assert not home.exists()
