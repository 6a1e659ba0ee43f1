"""Study databases whose numbers ended the server, or broke a page: every page and command opens on them."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.data import queries
from dashboard.report import study_report

CASES = Path(__file__).parents[1] / "data" / "cases"
_COMMANDS = """
import json, sys
from backend.cli import main
for arguments in json.loads(sys.argv.pop()):
    print(end="\\0")
    sys.argv = ["backend", *arguments]
    try:
        main()
    except SystemExit as ended:
        if ended.code:
            raise
"""
_VIEWS = ("overview", "parallel", "settings", "time", "trials", "ensemble", "log", "config")


@pytest.fixture
def named(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """The study of a case's database, which is the installation's."""
    copy = tmp_path / "case.db"
    shutil.copyfile(CASES / request.param, copy)
    url = f"sqlite:///{copy}"
    monkeypatch.setenv("PROXYSCOPE_STORAGE", url)
    (name,) = optuna.get_all_study_names(url)
    return name


@pytest.mark.slow
@pytest.mark.parametrize("named", ["three_objectives_inf.db", "metric_of_300_digits.db"], indirect=True)
def test_every_page_and_command_opens(named: str, app: Callable[..., AppTest]) -> None:
    # In a process of its own first: a library that ends its process would end this one.
    shown, said, listed = printed(("studies", "show", named, "--json"), ("studies", "show", named), ("studies", "list"))
    assert json.loads(shown)["best_trials"]
    assert said
    assert named in listed
    page = app("study", study=named)
    assert not page.exception
    for parameters in (*({"view": view} for view in _VIEWS), {"curve": "hypervolume"}, {"curve": "accuracy"}):
        page.query_params.clear()
        for name, value in {"study": named, **parameters}.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, parameters
        # That too few cells have all proxies is said as an error of the view.
        assert not page.error or parameters == {"view": "ensemble"}, (parameters, [box.value for box in page.error])
    for other in ("studies", "compare", "benchmark", "proxies", "ensemble", "share"):
        assert not app(other, study=named, view="study" if other == "benchmark" else "").exception, other
    assert f"<title>{named}" in study_report(queries.find_study(named))


@pytest.mark.slow
@pytest.mark.parametrize("named", ["three_objectives_inf.db"], indirect=True)
def test_an_infinite_objective_counts_by_its_meaning(named: str) -> None:
    shown, said = printed(("studies", "show", named, "--json"), ("studies", "show", named))
    best = json.loads(shown)["best_trials"]
    assert [row["number"] for row in best] == [0, 1, 2]
    assert best[0] == {"number": 0, "values": {"0": 1.0, "1": None, "2": 2.0}, "params": {}}
    assert "1 -inf" in said


def printed(*commands: tuple[str, ...]) -> list[str]:
    """What commands print that end well, one after the other in a process of their own."""
    done = subprocess.run(
        [sys.executable, "-c", _COMMANDS, json.dumps(commands)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\0")[1:]
