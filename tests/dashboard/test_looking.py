"""Pages leave a database byte for byte as it is, with nothing beside it, and make none."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.conftest import PAGES
from tests.looking import KINDS, OWN, PLAIN, file_of, traces


@pytest.mark.parametrize("read_only", ["", "1"])
@pytest.mark.parametrize("kind", KINDS)
def test_pages_leave_no_trace(
    home: Path,
    tmp_path: Path,
    app: Callable[..., AppTest],
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    read_only: str,
) -> None:
    file = file_of(kind, tmp_path)
    monkeypatch.setenv("PROXYSCOPE_STORAGE", f"sqlite:///{file}")
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", read_only)
    before = traces(file.parent, home)
    page = app("help")
    for name in PAGES:
        page.switch_page(f"views/{name}/page.py")
        page.query_params["study"] = PLAIN if kind == "plain" else OWN
        if name == "new_search":
            # There it names the study whose settings the form begins with.
            page.query_params.clear()
        page.run()
        assert not page.exception, name
        assert traces(file.parent, home) == before
        if kind in {"plain", "own"}:
            # A page on proxies says of a study of plain Optuna that it records none.
            assert [error.value for error in page.error if "external study" not in error.value] == []
    page.switch_page("views/studies/page.py").run()
    errors = [item.value.replace("\\", "") for item in page.main.error]
    if kind in {"plain", "own"}:
        assert list(page.dataframe[0].value["name"]) == [PLAIN if kind == "plain" else OWN]
    elif kind in {"missing", "empty"}:
        assert page.button(key="run_example").disabled == bool(read_only)
    elif kind == "old":
        assert any("optuna storage upgrade --storage" in words for words in errors)
    else:
        assert any("file is not a database" in words for words in errors)
    assert traces(file.parent, home) == before
