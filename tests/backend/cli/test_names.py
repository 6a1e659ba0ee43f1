"""Whatever studies, metrics and files are called, every command prints it as it is and does what it should."""

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import optuna
import pytest
from sqlalchemy import update

from backend.cli import terminal
from backend.naming import visible
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.storage.optuna_internals.tables import STUDIES, TRIALS
from backend.studies import list_studies, load_study, runs
from tests.backend.cli.command_line import backend, in_a_process
from tests.conftest import cheap_config
from tests.hostile_names import ANY, CASES, SPOKEN

Run = Callable[..., str]


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command and gives what it printed, which must hold nothing that acts on a terminal."""
    monkeypatch.setattr(terminal.console, "width", 500)

    def call(*arguments: str | Path, status: int = 0) -> str:
        printed = backend(*arguments, status=status)
        for text in (printed.stdout, printed.stderr):
            assert all(visible(line) == line for line in text.split("\n"))
        return printed.stdout if status == 0 else printed.stderr

    return call


def named(database: Database, name: str) -> optuna.Study:
    """A study of plain Optuna that is called so, as are its two metrics."""
    study = optuna.create_study(storage=database.storage, study_name=name, directions=["minimize", "maximize"])
    study.set_metric_names([name, f"{name} 2"])
    study.optimize(lambda trial: (trial.suggest_float(name, 0, 1), 1.0), n_trials=2)
    return study


def call_it(database: Database, study: str, name: str) -> None:
    """Give a study a name, as other tools do: any."""
    with database.engine.begin() as connection:
        connection.execute(update(STUDIES).where(STUDIES.c.study_name == study).values(study_name=name))


@pytest.fixture
def hostile(database: Database) -> Database:
    """A database with a study of each name, none of them in use."""
    for name in ANY:
        named(database, name)
    with database.engine.begin() as connection:
        connection.execute(update(TRIALS).values(datetime_start=datetime(2026, 1, 1)))
    return database


def rows(printed: str) -> list[list[str]]:
    """The cells of the studies in a printed list."""
    lines = (line for line in printed.splitlines() if "made elsewhere │" in line)
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in lines]


def test_names_are_listed_and_shown_as_they_are(run: Run, hostile: Database) -> None:
    listed = rows(run("studies", "list"))
    assert {row[0] for row in listed} == {visible(name) for name in ANY}
    for row in listed:
        assert row[5] == f"{row[0]}, {row[0]} 2"
    for name in ANY:
        (row,) = rows(run("studies", "show", "--", name))
        assert row[0] == visible(name)


def test_names_travel_to_files_and_databases(run: Run, hostile: Database, tmp_path: Path) -> None:
    told = {f"{visible(name)}: 2 trials" for name in ANY}
    assert told <= set(run("studies", "export", "-o", tmp_path / "out.db", "--all").splitlines())
    to, copy = f"sqlite:///{tmp_path / 'to.db'}", f"sqlite:///{tmp_path / 'copy.db'}"
    printed = run("studies", "import", tmp_path / "out.db", "--yes", "--storage", to)
    assert told <= set(printed.splitlines())
    assert {row[0] for row in rows(printed)} == {visible(name) for name in ANY}
    arrived = list_studies(open_database(to))
    assert {item.name for item in arrived} == {visible(name) for name in ANY}
    assert {tuple(item.objectives) for item in arrived} == {(name, f"{name} 2") for name in ANY}
    assert told <= set(run("studies", "copy", "--to", copy, "--", *ANY).splitlines())
    assert {item.name for item in list_studies(open_database(copy))} == set(ANY)


@pytest.mark.slow
def test_names_are_renamed_told_of_and_deleted(run: Run, hostile: Database) -> None:
    for name in ANY:
        shown, new = visible(name), f"{visible(name)} new"
        assert run("studies", "rename", "--", name, new) == f"{shown}: now {new}\n"
        (line,) = run("studies", "audit", "--last", "1").splitlines()
        assert line.endswith(f"rename  {shown}  to {new}")
        assert run("studies", "delete", "--yes", "--", new) == f"{new}: deleted\n"
    assert list_studies(hostile) == []


@pytest.mark.slow
def test_an_error_quotes_a_name_in_one_line(run: Run, hostile: Database, tmp_path: Path) -> None:
    for name in ANY:
        for command in (["studies", "stop"], ["recommend"], ["ensemble"]):
            (line,) = run(*command, "--", name, status=2).splitlines()
            assert repr(name) in line
        path = tmp_path / "none" / name.replace("/", "-")
        for command in (["studies", "import"], ["search", "--config"], ["import-benchmark"], ["import-ensemble"]):
            (line,) = run(*command, path, status=2).splitlines()
            assert visible(str(path)) in line


@pytest.mark.slow
@pytest.mark.parametrize("name", ["[bold]搜索[/s]", "\x1b[2J../../etc"])
def test_a_search_of_any_name_is_shown_resumed_stopped_recommended_from_and_fitted_on(
    run: Run, database: Database, name: str
) -> None:
    prepare(database, cheap_config(), "search")
    call_it(database, "search", name)
    execute_run(database, name)
    shown = visible(name)
    assert "Best trial(s)" in run("studies", "show", name)
    assert f"Train these of the cells of {shown}" in run("recommend", name)
    assert "Linear" in run("ensemble", name, "--model", "linear", "--save", name.replace("\x1b", ""))
    resumed = run("studies", "resume", name, "--trials", "14")
    assert f"results: {database_folder(database)}" in resumed
    runs.requeue(database, load_study(database, name)._study_id, 40)
    assert f"{shown}: stopped" in run("studies", "stop", name)
    assert audit.entries(database, 1)[0].study == name


def database_folder(database: Database) -> str:
    return str(Path(database.engine.url.database or "").parent / "runs")


@pytest.mark.parametrize("name", SPOKEN)
def test_a_search_is_begun_under_a_name_of_any_alphabet(run: Run, config_file: Path, home: Path, name: str) -> None:
    printed = run("search", "--config", config_file, "--study", name, "--trials", "3")
    assert f"{config_file.name}: study {name} in sqlite" in printed
    assert [folder.name for folder in (home / "runs").iterdir()] == [name]


def test_units_in_brackets_are_listed_whole(run: Run, tmp_path: Path) -> None:
    shutil.copy(CASES / "bracket_units.db", tmp_path)
    printed = run("studies", "list", "--storage", f"sqlite:///{tmp_path / 'bracket_units.db'}")
    assert "exp[1]" in printed
    assert "latency [ms], speed [/s]" in printed


def test_names_arrive_in_their_own_alphabet(run: Run, database: Database) -> None:
    run("studies", "import", CASES / "chinese_names.db", "--yes")
    assert {item.name for item in list_studies(database)} == {"搜索-零成本-1", "搜索-零成本-2", "Größe"}
    for name in ("搜索-零成本-1", "Größe"):
        assert name in run("studies", "show", name)


def test_json_is_ascii_whatever_it_holds(run: Run, database: Database) -> None:
    named(database, "\x1b[2J 搜索")
    assert json.loads(run("studies", "list", "--json"))[0]["name"] == "\x1b[2J 搜索"


@pytest.mark.parametrize("handler", [terminal.log_handler, terminal.errors_handler])
def test_a_line_of_a_log_stays_one(handler: Callable[[], logging.Handler]) -> None:
    record = logging.LogRecord("backend", logging.INFO, "", 1, "queue: starting %s", ("a\nb\x1b[2J",), None)
    assert handler().format(record).endswith(r"queue: starting a\nb\x1b[2J")


def test_a_terminal_that_lacks_a_character_ends_no_command(database: Database) -> None:
    named(database, "搜索")
    assert r"\u641c\u7d22" in in_a_process("studies", "list", PYTHONIOENCODING="ascii").stdout


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        ("print('x')", "T201"),
        ("from rich.console import Console", "TID251"),
        ("from rich.markup import escape", "TID251"),
        ("from rich import print", "TID251"),
        ("from rich.progress import TextColumn", "TID251"),
        ("import typer\n\ntyper.echo('x')", "TID251"),
        ("import typer\n\ntyper.confirm('x')", "TID251"),
        ("import logging\n\nlogging.basicConfig()", "TID251"),
        ("from rich.text import Text\n\nText.from_markup('x')", "TID251"),
    ],
)
@pytest.mark.parametrize("file", ["backend/cli/new.py", "dashboard/__main__.py", "backend/search/new.py"])
def test_the_linter_keeps_other_ways_to_print_out(statement: str, rule: str, file: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", "--stdin-filename", file]
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [*command, "-"], input=f"{statement}\n", capture_output=True, text=True, check=False, cwd=root
    )
    assert rule in done.stdout
