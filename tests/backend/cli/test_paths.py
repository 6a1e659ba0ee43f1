"""Every path that a command takes: relative, with a home folder's sign, and with characters that addresses reserve."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
from sqlalchemy import make_url
from typer.core import TyperGroup
from typer.main import get_command

from backend.cli import app
from backend.cli.options import given_path
from backend.storage.database import Database, open_database, sqlite_url
from backend.studies import list_studies
from tests.backend.cli.command_line import backend
from tests.backend.sharing import samples
from tests.hostile_names import CASES

FOLDERS = ("plain", "with space", "Größe 搜索", "a#b", "a?b=c", "a%20b", "~tilde", "it's [x]")
FORMS: dict[str, Callable[[Path], str]] = {
    "absolute": str,
    "relative": lambda path: path.name,
    "dotted": lambda path: f"./x/../{path.name}",
    "home": lambda path: f"~/{path.name}",
}

Run = Callable[..., str]


@pytest.fixture
def run(home: Path) -> Run:
    """Runs a command and gives what it printed."""

    def call(*arguments: str | Path, status: int = 0) -> str:
        printed = backend(*arguments, status=status)
        return printed.stdout if status == 0 else printed.stderr

    return call


@pytest.fixture
def database(with_samples: Database) -> Database:
    """The study database of the installation, with a search, its ensemble and a study of plain Optuna."""
    return with_samples


@pytest.fixture(params=FOLDERS)
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of that name, which is the home folder and the current one."""
    made = tmp_path / request.param
    (made / "x").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(made))
    monkeypatch.chdir(made)
    return made


def test_an_export_is_written_and_read_by_every_path(run: Run, database: Database, folder: Path) -> None:
    for form, given_as in FORMS.items():
        name = f"{form} #1?a=b%20 Größe.db"
        path = folder / name
        given = given_as(path)
        run("studies", "export", samples.FOREIGN, "-o", given)
        assert path.is_file()
        target = sqlite_url(folder / f"to {name}")
        assert samples.FOREIGN in run("studies", "import", given, "--yes", "--storage", target)
        assert [item.name for item in list_studies(open_database(target))] == [samples.FOREIGN]
        assert (folder / f"to {name}").is_file()


def test_an_export_without_a_path_is_in_the_current_folder(run: Run, database: Database, folder: Path) -> None:
    run("studies", "export", samples.FOREIGN)
    assert optuna.get_all_study_names(sqlite_url(folder / "studies.db")) == [samples.FOREIGN]


def test_an_installation_can_be_in_any_folder(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXYSCOPE_HOME", "~/installation")
    run("studies", "import", CASES / "chinese_names.db", "--yes")
    assert (folder / "installation" / "studies.db").is_file()
    assert "Größe" in run("studies", "list")


def test_a_storage_may_be_relative_to_a_home_folder(run: Run, folder: Path) -> None:
    run("studies", "import", CASES / "chinese_names.db", "--yes", "--storage", "sqlite:///~/own.db")
    assert "Größe" in run("studies", "list", "--storage", "sqlite:///own.db")
    assert (folder / "own.db").is_file()


def test_a_question_mark_in_a_storage_is_said_to_need_quoting(run: Run, tmp_path: Path) -> None:
    said = run("studies", "list", "--storage", f"sqlite:///{tmp_path}/a?b.db", status=2)
    assert "a ? in the path of a SQLite file is written %3F" in said
    assert list(tmp_path.iterdir()) == []


def test_ensembles_and_configurations_are_read_and_written_by_every_path(
    run: Run, database: Database, config_file: Path, folder: Path
) -> None:
    run("ensemble", samples.SEARCH, "--model", "linear", "--export", "~/e #1?.json")
    assert json.loads((folder / "e #1?.json").read_text(encoding="utf-8"))
    assert "fitted on" in run("import-ensemble", "e #1?.json", "--name", "again")
    shutil.copy(config_file, folder / "c%20 #?.toml")
    printed = run("search", "--config", "~/c%20 #?.toml", "--study", "s", "--trials", "3")
    assert "c%20 #?.toml: study s" in printed


@pytest.mark.parametrize("path", ["none/deeper/file", "n" * 300])
def test_a_path_that_leads_nowhere_is_named_in_one_line(
    run: Run, database: Database, tmp_path: Path, path: str
) -> None:
    for command in (
        ("studies", "export", "--all", "-o"),
        ("studies", "import"),
        ("search", "--config"),
        ("ensemble", samples.SEARCH, "--model", "linear", "--export"),
        ("ensemble", samples.SEARCH, "--table"),
        ("correlate", "--table"),
        ("import-ensemble",),
        ("import-benchmark",),
        ("score", "0", "--images"),
        ("recommend", samples.SEARCH, "--proxy-module"),
    ):
        said = run(*command, tmp_path / path, status=2)
        assert path in said
        assert "Traceback" not in said


def test_all_arguments_that_are_paths_are_read_alike() -> None:
    found = {
        f"{command.name} {item.name}": item.type_descriptor.parameter_info.parser
        for command in commands(get_command(app))
        for item in command.params
        if "Path" in str(item.type_descriptor.annotation)
    }
    assert len(found) >= 12
    assert set(found.values()) == {given_path}


def commands(command: Any) -> Iterator[Any]:
    """A command, and those below it."""
    yield command
    if isinstance(command, TyperGroup):
        for name in command.list_commands(None):
            yield from commands(command.get_command(None, name))


@pytest.mark.parametrize("name", ["a b", "a#b", "a?b", "a%20b", "a%b", "Größe 搜索", "a@b:c", "a&b=c"])
def test_the_url_of_a_file_leads_to_it(tmp_path: Path, name: str) -> None:
    file = tmp_path / f"{name}.db"
    assert make_url(sqlite_url(file)).database == str(file)
    open_database(sqlite_url(file)).prepare()
    assert file.is_file()
    assert {path.name.removesuffix("-wal").removesuffix("-shm") for path in tmp_path.iterdir()} == {file.name}


def test_a_module_and_images_are_found_by_every_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "p #?.py").write_text(
        "from backend import proxies\n\n\n"
        "@proxies.register(title='T', source='S', description='D', reads=())\n"
        "def one():\n    return 1.0\n",
        encoding="utf-8",
    )
    done = backend("score", "1462", "--proxies", "one", "--batch-size", "2", "--proxy-module", "~/p #?.py")
    assert "one" in done.stdout


def test_a_module_that_other_processes_could_not_be_told_of_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a:b.py").write_text("", encoding="utf-8")
    assert "a:b.py" in run("recommend", "x", "--proxy-module", tmp_path / "a:b.py", status=2)
