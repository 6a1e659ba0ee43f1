"""A database is made, or gets our tables, with the first write, whichever it is, and not before."""

from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from sqlalchemy import create_engine, inspect

from backend.ensembles.kept import list_ensembles, load_ensemble
from backend.runs import launch, queue, queueing
from backend.sharing.contents import find, read_contents
from backend.sharing.source import snapshot
from backend.sharing.transfer import import_studies
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.storage.schema import metadata
from backend.studies import delete_study, list_studies, rename_study, runs
from backend.studies.catalog import load_to_change
from backend.studies.notes import save_note
from backend.studies.workers import list_workers
from tests.conftest import cheap_config
from tests.looking import PLAIN, plain_study

OURS = set(metadata.tables)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def plain(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Database:
    """A database of plain Optuna with one study, just opened."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'plain.db'}"
    plain_study(url)
    return open_database(url)


def ours(database: Database) -> set[str]:
    engine = create_engine(database.url)
    found = set(inspect(engine).get_table_names()) & OURS
    engine.dispose()
    return found


def test_everything_of_ours_is_read_as_empty(plain: Database) -> None:
    (summary,) = list_studies(plain)
    assert (summary.name, summary.trials, summary.run) == (PLAIN, 5, None)
    assert runs.read_runs(plain) == {}
    assert runs.read_run(plain, summary.study_id) is None
    assert runs.read_log(plain, summary.study_id) == []
    assert list_workers(plain, summary.study_id) == []
    assert audit.entries(plain) == []
    assert list_ensembles(plain) == []
    assert queue.waiting(plain) == []
    assert (queue.parallel(plain), queue.worker_alive(plain)) == (1, False)
    with pytest.raises(ValueError, match="none is saved yet"):
        load_ensemble(plain, "a")
    assert ours(plain) == set()


def import_one(database: Database, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    optuna.create_study(storage=other, study_name="other")
    with snapshot(open_database(other)) as source:
        import_studies(source, database, [find(read_contents(source), "other")], "other.db")


WRITES: dict[str, Callable[[Database, Path], object]] = {
    "launch": lambda database, _: launch.prepare(database, cheap_config(), "new"),
    "queue": lambda database, _: queue.set_parallel(database, 2),
    "rename": lambda database, _: rename_study(database, PLAIN, "renamed"),
    "note": lambda database, _: save_note(load_to_change(database, PLAIN), "words"),
    "import": import_one,
    "delete": lambda database, _: delete_study(database, PLAIN),
}


@pytest.mark.parametrize("write", WRITES)
def test_the_first_write_makes_what_is_missing(plain: Database, tmp_path: Path, write: str) -> None:
    looking = open_database(plain.url)
    assert list_studies(looking)[0].note == ""
    WRITES[write](plain, tmp_path)
    assert ours(plain) == OURS
    if plain.engine.dialect.name == "sqlite":
        with plain.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    names = {
        "launch": {PLAIN, "new"},
        "rename": {"renamed"},
        "import": {PLAIN, "other"},
        "delete": set(),
    }.get(write, {PLAIN})
    for database in (plain, looking):
        assert {item.name for item in list_studies(database)} == names
    if write in {"launch", "rename", "import", "delete"}:
        assert [entry.action for entry in audit.entries(looking)] == [write]
    if write == "note":
        assert list_studies(looking)[0].note == "words"


@pytest.mark.parametrize("write", ["rename", "delete", "note", "stop", "resume"])
def test_a_write_that_names_no_study_writes_nothing(plain: Database, write: str) -> None:
    writes: dict[str, Callable[[], object]] = {
        "rename": lambda: rename_study(plain, "none", "b"),
        "delete": lambda: delete_study(plain, "none"),
        "note": lambda: save_note(load_to_change(plain, "none"), "words"),
        "stop": lambda: launch.stop(plain, PLAIN),
        "resume": lambda: queueing.resume(plain, [PLAIN]),
    }
    with pytest.raises(ValueError, match=r"^study: "):
        writes[write]()
    assert ours(plain) == set()


def test_a_missing_file_comes_with_the_first_write(home: Path) -> None:
    here, elsewhere = open_database(), open_database()
    assert list_studies(here) == list_studies(elsewhere) == []
    assert not home.exists()
    launch.prepare(here, cheap_config(), "a")
    assert (home / "studies.db").is_file()
    assert [item.name for item in list_studies(elsewhere)] == ["a"]
