"""A database that was opened to be read alone: everything is read, and the database itself refuses each write."""

from pathlib import Path

import pytest
from sqlalchemy import text

from backend.errors import StorageError
from backend.runs import launch, queueing
from backend.runs.execute import execute_run
from backend.storage.database import Database, open_database
from backend.studies import (
    delete_study,
    list_studies,
    load_study,
    rename_study,
    runs,
    trials_frame,
)
from backend.studies.notes import save_note
from tests.conftest import cheap_config


@pytest.fixture
def look(database: Database) -> Database:
    """A look at a database with a finished study."""
    launch.prepare(database, cheap_config(), "a")
    execute_run(database, "a")
    return open_database(database.url, read_only=True)


def test_everything_is_read(database: Database, look: Database) -> None:
    assert [item.name for item in list_studies(look)] == ["a"]
    assert len(trials_frame(load_study(look, "a"))) == len(load_study(database, "a").trials)
    assert runs.read_log(look, load_study(look, "a")._study_id)


@pytest.mark.parametrize("write", ["launch", "queue", "resume", "stop", "rename", "delete", "note", "attribute"])
def test_every_write_is_refused_in_one_line_and_changes_nothing(database: Database, look: Database, write: str) -> None:
    before = _contents(database)
    writes = {
        "launch": lambda: launch.launch(look, cheap_config(), "b"),
        "queue": lambda: queueing.enqueue(look, {"b": cheap_config()}, at_once=1),
        "resume": lambda: launch.resume(look, "a", trials=20),
        "stop": lambda: runs.end(look, load_study(look, "a")._study_id, "failed", ""),
        "rename": lambda: rename_study(look, "a", "b"),
        "delete": lambda: delete_study(look, "a"),
        "note": lambda: save_note(load_study(look, "a"), "words"),
        "attribute": lambda: load_study(look, "a").set_user_attr("x", 1),
    }
    if write == "stop":
        # An ended run has nothing to stop, so a running one is made of it.
        with database.engine.begin() as connection:
            connection.execute(text("UPDATE proxyscope_runs SET state = 'running', pid = NULL"))
        before = _contents(database)
    with pytest.raises(StorageError, match=r"^read-only: studies can be looked at here, not changed$"):
        writes[write]()
    assert _contents(database) == before


def test_the_environment_makes_every_opening_read_only(
    database: Database, look: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "1")
    assert open_database(database.url).read_only
    monkeypatch.setenv("PROXYSCOPE_READ_ONLY", "0")
    assert not open_database(database.url).read_only


def test_what_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no study database"):
        open_database(f"sqlite:///{tmp_path}/none/studies.db", read_only=True)


def _contents(database: Database) -> list[object]:
    tables = ("studies", "trials", "study_user_attributes", "study_system_attributes", "proxyscope_runs")
    with database.engine.connect() as connection:
        return [sorted(map(repr, connection.execute(text(f"SELECT * FROM {name}")))) for name in tables]
