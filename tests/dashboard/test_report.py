import subprocess
import sys
from functools import partial
from pathlib import Path

import optuna
import pytest

from backend.cli import main
from backend.naming import file_name
from backend.storage.database import Database
from dashboard.__main__ import app
from dashboard.data import queries
from dashboard.report import study_report
from tests.backend.cli.command_line import run


@pytest.mark.parametrize("state", ["finished", "running", "queued", "failed", "foreign"])
def test_a_study_in_any_state_has_a_report(state: str, request: pytest.FixtureRequest) -> None:
    name = request.getfixturevalue(state)
    report = study_report(queries.find_study(name))
    assert f"<h1>{name}</h1>" in report
    assert "Versions" in report
    assert ("no chart" in report) == (state in {"queued", "failed"})
    if state == "finished":
        for part in ("Best true accuracy", "Hypervolume", "Operations", "software_metrics.l2_norm", "[search.strategy"):
            assert part in report


def test_the_best_trials_of_another_tool_are_listed_with_their_values_and_parameters(database: Database) -> None:
    study = optuna.create_study(study_name="tuned", storage=database.storage)
    study.optimize(lambda trial: trial.suggest_float("rate <b>", 0.5, 0.5) ** 2, n_trials=1)
    html = study_report(queries.find_study("tuned"))
    table = html[html.rindex("<table") :]
    assert "<td>0.25</td>" in table
    assert "<td>0.5</td>" in table
    assert "rate &lt;b&gt;" in table


def test_names_from_elsewhere_are_no_markup(database: Database) -> None:
    name = "<script>alert(1)</script>"
    study = optuna.create_study(storage=database.storage, study_name=name)
    study.set_metric_names(["<img src=x>"])
    study.optimize(lambda trial: trial.suggest_float("<b>x</b>", 0, 1), n_trials=3)
    report = study_report(queries.find_study(name))
    assert name not in report
    assert "<img src=x>" not in report.split("<h2>")[0]


@pytest.mark.slow
def test_the_command_writes_the_report_and_names_what_is_wrong(finished: str, tmp_path: Path) -> None:
    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "dashboard", "report", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = run(finished, "-o", str(tmp_path / "report.html"))
    assert (done.returncode, done.stderr) == (0, "")
    assert finished in (tmp_path / "report.html").read_text()
    wrong = run("nowhere")
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("error: study: no study 'nowhere'")


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "搜索-零成本-1", "a#b?c%20", "\x1b[2J"])
def test_a_report_of_a_study_of_any_name_is_in_the_current_folder(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    study = optuna.create_study(storage=database.storage, study_name=name)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)
    here = tmp_path / "a" / "b"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    done = run("report", "--", name, program=partial(main, app))
    assert (done.status, done.stderr) == (0, "")
    (file,) = here.iterdir()
    assert done.stdout == f"wrote {file.name}\n"
    assert file.suffix == ".html"
    assert file.stem == file_name(name)
    assert {path.name for path in tmp_path.rglob("*.html")} == {file.name}
