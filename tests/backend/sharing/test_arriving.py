"""What arrives with a file: by two at once, without scores, in part, and where nothing may be written."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from backend.ensembles.kept import list_ensembles
from backend.errors import StorageError
from backend.sharing.contents import read_contents
from backend.sharing.export import export_studies, place_of
from backend.sharing.extras import left_out
from backend.sharing.inspection.opening import opened_file
from backend.sharing.source import snapshot
from backend.sharing.transfer import import_studies
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.studies import list_studies, load_study
from tests.backend.sharing import samples
from tests.backend.sharing.equality import assert_same_study, ensembles_of, log_of, scores_of

IMPORTER = """
import sys
from pathlib import Path
from backend.storage.database import open_database
from backend.sharing import import_studies, read_contents
from backend.sharing.inspection import opened_file

database = open_database()
with opened_file(Path(sys.argv[1])) as source:
    contents = read_contents(source)
    print("ready", flush=True)
    sys.stdin.readline()
    print(len(import_studies(source, database, contents, "a.db")), flush=True)
"""


def take_in(path: Path, database: Database) -> list[str]:
    with opened_file(path) as source:
        return [item.name for item in import_studies(source, database, read_contents(source), path.name)]


@pytest.fixture
def file(database: Database, tmp_path: Path) -> Path:
    """A search with its ensemble and a study of plain Optuna, from another installation's file."""
    other = samples.other_database(tmp_path)
    samples.make_search(other)
    samples.make_ensemble(other)
    samples.make_foreign(other)
    export_studies(other, [samples.SEARCH, samples.FOREIGN], tmp_path / "a.db")
    return tmp_path / "a.db"


@pytest.mark.slow
def test_two_processes_that_import_one_file_at_once_make_no_double(database: Database, file: Path) -> None:
    command = [sys.executable, "-c", IMPORTER, str(file)]
    importers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [importer.stdout and importer.stdout.readline() for importer in importers] == ["ready\n"] * 2
    for importer in importers:
        assert importer.stdin
        importer.stdin.write("\n")
        importer.stdin.flush()
    copied = [importer.communicate(timeout=120)[0] for importer in importers]
    assert sum(map(int, copied)) == 2
    assert sorted(item.name for item in list_studies(database)) == [samples.SEARCH, samples.FOREIGN]
    assert [item.name for item in list_ensembles(database)] == [samples.ENSEMBLE]
    assert [entry.action for entry in audit.entries(database)] == ["import"] * 2


def test_a_file_goes_to_the_database_and_back_to_a_file_as_it_was(
    database: Database, file: Path, tmp_path: Path
) -> None:
    assert set(take_in(file, database)) == {samples.SEARCH, samples.FOREIGN}
    export_studies(database, [samples.SEARCH, samples.FOREIGN], tmp_path / "back.db")
    # Optuna itself makes of both files what it makes of any database.
    first, second = (open_database(f"sqlite:///{path}") for path in (file, tmp_path / "back.db"))
    for name in (samples.SEARCH, samples.FOREIGN):
        assert_same_study(first, name, second, name)
    assert log_of(first, samples.SEARCH) == log_of(second, samples.SEARCH) != []
    assert ensembles_of(first) == ensembles_of(second) != []
    assert scores_of(first) == scores_of(second) != set()


def test_scores_stay_where_they_are_if_asked_to(database: Database, tmp_path: Path) -> None:
    samples.make_search(database)
    summary = export_studies(database, [samples.SEARCH], tmp_path / "a.db", with_scores=False)
    assert [item.scores for item in summary.studies] == [0]
    assert scores_of(open_database(f"sqlite:///{tmp_path / 'a.db'}")) == set()
    assert scores_of(database) != set()


def test_every_trial_is_told_of_once(database: Database, file: Path, tmp_path: Path) -> None:
    told = list[int]()
    with opened_file(file) as source:
        contents = read_contents(source)
        import_studies(source, database, contents, "a.db", progress=told.append)
        assert sum(told) == sum(item.summary.trials for item in contents)
        import_studies(source, database, contents, "a.db", progress=told.append)
        assert sum(told) == 2 * sum(item.summary.trials for item in contents)
    told.clear()
    export_studies(database, [samples.SEARCH], tmp_path / "b.db", progress=told.append)
    assert sum(told) == len(load_study(database, samples.SEARCH).trials)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model": "magic"}, "its model 'magic' is not known here"),
        ({"proxyscope_ensemble": 7}, "it is of format 7, and this installation reads up to 1"),
    ],
)
def test_an_ensemble_that_cannot_be_used_here_stays_behind_and_the_rest_comes(
    database: Database, file: Path, change: dict[str, object], why: str
) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        (text,) = connection.execute("SELECT content FROM proxyscope_ensembles").fetchone()
        content = json.dumps(json.loads(text) | change)
        connection.execute("UPDATE proxyscope_ensembles SET content = ?", (content,))
    with opened_file(file) as source:
        assert left_out(source) == {samples.ENSEMBLE: why}
        copied = import_studies(source, database, read_contents(source), "a.db")
    assert [item.ensembles for item in copied] == [0, 0]
    assert list_ensembles(database) == []
    assert len(list_studies(database)) == 2


def test_a_look_exports_and_takes_nothing_in(
    database: Database, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.make_search(database, "here")
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    look = open_database(database.url)
    assert [item.name for item in export_studies(look, ["here"], tmp_path / "b.db").studies] == ["here"]
    with pytest.raises(StorageError, match=r"^read-only: "):
        take_in(file, look)
    assert [item.name for item in list_studies(database)] == ["here"]


def test_the_audit_says_where_a_study_came_from_and_no_secret(database: Database, file: Path, tmp_path: Path) -> None:
    take_in(file, database)
    assert {(entry.study, entry.detail) for entry in audit.entries(database)} == {
        (samples.SEARCH, "from a.db"),
        (samples.FOREIGN, "from a.db"),
    }
    third = samples.other_database(tmp_path, "third.db")
    with snapshot(database) as source:
        import_studies(source, third, read_contents(source), place_of(database))
    details = {entry.detail for entry in audit.entries(third)}
    assert len(details) == 1
    assert not any(word in str(details) for word in ("kept-secret", "proxyscope:", "@", str(tmp_path)))
