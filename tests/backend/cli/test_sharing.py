"""Sharing from the command line, as a user types it: to a file, from a file, and between databases."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from backend.cli import app
from backend.ensembles.kept import list_ensembles
from backend.errors import UserError
from backend.storage import audit
from backend.storage.database import Database
from backend.studies import delete_study, list_studies, load_study
from tests.backend.sharing import samples
from tests.backend.sharing.equality import assert_same_study, scores_of

Studies = Callable[..., str]


@pytest.fixture
def studies(home: Path) -> Studies:
    """Runs ``python -m backend studies`` in this process; returns what it printed."""

    def run(*arguments: str | Path, typed: str | None = None) -> str:
        done = CliRunner().invoke(app, ["studies", *map(str, arguments)], input=typed, env={"COLUMNS": "200"})
        if isinstance(done.exception, UserError):
            raise done.exception
        assert done.exit_code == 0, printed(done)
        return printed(done)

    return run


def printed(done: Result) -> str:
    return " ".join(done.output.split())


@pytest.fixture
def database(with_samples: Database) -> Database:
    """The study database of the installation, with a search, its ensemble and a study of plain Optuna."""
    return with_samples


@pytest.fixture
def file(database: Database, home: Path, tmp_path: Path) -> Path:
    """A file of the studies that the database has too."""
    return (home / "two.db").rename(tmp_path / "two.db")


def url_of(path: Path) -> str:
    return f"sqlite:///{path}"


def test_export_says_what_is_in_the_file_and_leaves_a_file_that_is_there(
    database: Database, studies: Studies, file: Path
) -> None:
    answer = json.loads(studies("export", samples.SEARCH, "-o", file, "--force", "--json"))
    assert answer["path"] == str(file)
    assert answer["bytes"] == file.stat().st_size
    assert [(item["name"], item["ensembles"]) for item in answer["studies"]] == [(samples.SEARCH, 1)]
    assert answer["studies"][0]["scores"] > 0
    with pytest.raises(UserError, match=r"two\.db is there already; give another name, or --force"):
        studies("export", samples.SEARCH, "-o", file)
    without = json.loads(studies("export", samples.SEARCH, "-o", file, "--force", "--no-scores", "--json"))
    assert without["studies"][0]["scores"] == 0


@pytest.mark.parametrize("command", ["export", "copy"])
@pytest.mark.parametrize("arguments", [[], ["a", "--all"]])
def test_which_studies_has_to_be_said(studies: Studies, command: str, arguments: list[str]) -> None:
    with pytest.raises(UserError, match=f"^study: name the studies to {command}, or give --all$"):
        studies(command, *arguments)


def test_import_shows_asks_and_copies_and_the_second_time_has_nothing_to_do(
    database: Database, studies: Studies, file: Path
) -> None:
    assert "nothing was copied" in studies("import", file)
    delete_study(database, samples.SEARCH)
    refused = studies("import", file, typed="n\n")
    assert "nothing was copied" in refused
    assert f"already here as '{samples.FOREIGN}'" in refused
    assert [item.name for item in list_studies(database)] == [samples.FOREIGN]
    assert "Copy 1 study into the database?" in refused
    agreed = studies("import", file, typed="y\n")
    assert f"{samples.SEARCH}: 14 trials" in agreed
    assert [item.name for item in list_studies(database)] == [samples.FOREIGN, samples.SEARCH]
    assert "nothing was copied" in studies("import", file, "--yes")
    assert audit.entries(database, 1)[0].detail == "from two.db"


def test_a_clash_gets_a_number_and_a_study_that_went_on_elsewhere_comes_only_by_its_name(
    studies: Studies, file: Path, tmp_path: Path
) -> None:
    other = samples.other_database(tmp_path)
    samples.make_search(other, samples.SEARCH, 5, "qmc")
    told = json.loads(studies("import", file, "--json", "--storage", other.url))
    assert {item["name"]: (item["status"], item["would_be"]) for item in told["studies"]} == {
        samples.SEARCH: ("new", f"{samples.SEARCH} 2"),
        samples.FOREIGN: ("new", samples.FOREIGN),
    }
    assert told["copied"] == []
    copied = json.loads(studies("import", file, "--json", "--yes", "--storage", other.url))["copied"]
    assert {item["name"] for item in copied} == {f"{samples.SEARCH} 2", samples.FOREIGN}
    load_study(other, samples.FOREIGN).optimize(lambda trial: trial.suggest_float("x", 1e-3, 1, log=True), 1)
    assert "nothing was copied" in studies("import", file, "--yes", "--storage", other.url)
    by_name = studies("import", file, "--yes", "--study", samples.FOREIGN, "--storage", other.url)
    assert f"{samples.FOREIGN} 2: " in by_name
    with pytest.raises(UserError, match="no study 'x'; there are: a search, their own"):
        studies("import", file, "--yes", "--study", "x", "--storage", other.url)


def test_an_ensemble_that_cannot_be_used_here_is_named(studies: Studies, file: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE proxyscope_ensembles SET content = json_set(content, '$.model', 'magic')")
    other = samples.other_database(tmp_path)
    told = studies("import", file, "--yes", "--storage", other.url)
    assert f"left out: ensemble '{samples.ENSEMBLE}': its model 'magic' is not known here" in told
    assert len(list_studies(other)) == 2
    assert list_ensembles(other) == []


def test_a_file_that_is_no_database_is_refused_in_a_line_that_names_it(studies: Studies, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("my notes")
    with pytest.raises(UserError, match=r"^/.*notes\.db cannot be imported: it is no SQLite database$"):
        studies("import", path)


def test_a_look_imports_nothing_and_does_not_ask(
    database: Database, studies: Studies, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete_study(database, samples.SEARCH)
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    with pytest.raises(UserError, match=r"^read-only: "):
        studies("import", file)
    assert [item.name for item in list_studies(database)] == [samples.FOREIGN]


def test_studies_are_copied_there_and_back(database: Database, studies: Studies, file: Path, tmp_path: Path) -> None:
    other = samples.other_database(tmp_path)
    assert f"{samples.SEARCH}: 14 trials" in studies("copy", samples.SEARCH, "--to", other.url)
    assert_same_study(database, samples.SEARCH, other, samples.SEARCH)
    assert scores_of(other) != set()
    assert audit.entries(other)[0].detail == "from studies.db"
    delete_study(database, samples.SEARCH)
    assert "1 already there" in studies("copy", "--all", "--to", other.url, "--from", url_of(file))
    back = json.loads(studies("copy", "--all", "--from", other.url, "--json"))
    assert [item["name"] for item in back["copied"]] == [samples.SEARCH]
    assert_same_study(other, samples.SEARCH, database, samples.SEARCH)


def test_a_copy_from_nowhere_or_to_itself_is_refused(studies: Studies, file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"there is no file '.*none\.db'"):
        studies("copy", "--all", "--from", url_of(tmp_path / "none.db"))
    with pytest.raises(UserError, match=r"^--from, --to: both are the same database; give the URL of another"):
        studies("copy", "--all")
