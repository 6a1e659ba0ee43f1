"""A deletion deletes all of a study or nothing, also while another process writes to it, and says which."""

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import optuna
import pytest
from optuna.storages._rdb import models
from sqlalchemy import create_engine, inspect, select, text
from sqlalchemy.exc import SQLAlchemyError

from backend.cli import main
from backend.errors import UserError, WriteError
from backend.runs import launch, queue
from backend.runs.execute import execute_run
from backend.storage import audit
from backend.storage.database import Database, open_database
from backend.storage.orphans import delete_orphans
from backend.storage.schema import metadata
from backend.studies import (
    delete_study,
    list_studies,
    load_study,
    rename_study,
    run_folder,
    runs,
)
from backend.studies.catalog import load_to_change
from backend.studies.deletion import delete_studies
from backend.studies.folders import runs_folder
from backend.studies.notes import save_note
from tests.backend.cli.command_line import backend, refused
from tests.conftest import cheap_config

BUSY = "busy"
_WRITER = """
import sys, optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
sampler = optuna.samplers.RandomSampler()
study = optuna.load_study(study_name=sys.argv[2], storage=sys.argv[1], sampler=sampler)

def objective(trial):
    for number in range(5):
        trial.suggest_float(f"x{number}", 0, 1)
        trial.set_user_attr(f"a{number}", number)
    return 1.0

study.optimize(objective)
"""


@contextmanager
def writer(database: Database, name: str = BUSY) -> Iterator["subprocess.Popen[bytes]"]:
    """A script of plain Optuna that writes trials of a study without end, some of them there already."""
    command = [sys.executable, "-c", _WRITER, database.url, name]
    study_id = load_study(database, name)._study_id
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            deadline = time.monotonic() + 120
            while len(database.storage.get_all_trials(study_id)) < 5:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def rows_left(url: str) -> dict[str, int]:
    """Rows by table of those that belong to studies or trials, where there are some."""
    engine, found = create_engine(url), {}
    there = set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        for tables in (metadata, models.BaseModel.metadata):
            for table in tables.sorted_tables:
                if table.name in there and ({"study_id", "trial_id"} & set(table.c.keys())):
                    found[table.name] = len(connection.execute(select(table)).all())
    engine.dispose()
    return {name: rows for name, rows in found.items() if rows}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def busy(request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database of plain Optuna with a study, the session's own."""
    postgres = request.param == "postgres"
    url = request.getfixturevalue("postgres_url") if postgres else f"sqlite:///{tmp_path / 'plain.db'}"
    storage = optuna.storages.RDBStorage(url)
    optuna.create_study(storage=storage, study_name=BUSY)
    storage.engine.dispose()
    monkeypatch.setenv("PROXYSCOPE_STORAGE", url)
    return open_database(url)


def test_the_command_deletes_a_study_that_another_process_writes_to(busy: Database) -> None:
    with writer(busy) as process:
        said = backend("studies", "delete", BUSY, "--yes").stdout
        assert said == "busy: deleted\n"
        assert list_studies(busy) == []
        assert process.wait(timeout=120) != 0
    assert rows_left(busy.url) == {}
    assert [(line.action, line.study) for line in audit.entries(busy)] == [("delete", BUSY)]


@pytest.mark.slow
def test_a_deletion_beside_a_writer_deletes_each_time(busy: Database) -> None:
    for turn in range(3):
        name = f"{BUSY} {turn}"
        optuna.create_study(storage=busy.url, study_name=name)
        with writer(busy, name) as process:
            assert delete_study(busy, name).trials >= 5
            assert process.wait(timeout=120) != 0
        assert [item.name for item in list_studies(busy)] == [BUSY]
        assert rows_left(busy.url) == {"studies": 1, "study_directions": 1}


def forbid(database: Database, what: str) -> None:
    """Let a SQLite database refuse a kind of change by an integrity error, which Optuna passes over in silence."""
    with database.begin() as connection:
        connection.execute(text(f"CREATE TRIGGER forbidden BEFORE {what} BEGIN SELECT RAISE(ABORT, 'kept'); END"))


@pytest.fixture
def local(home: Path) -> Database:
    """A database in a file with a finished search, and one of another name."""
    database = open_database()
    for name in ("a", "b"):
        launch.prepare(database, cheap_config(setup={"n_trials": 2}), name)
        execute_run(database, name)
    return database


def test_a_deletion_that_the_database_refuses_deletes_nothing_and_says_so(
    local: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    forbid(local, "DELETE ON trials")
    before = rows_left(local.url)
    monkeypatch.setattr(sys, "argv", ["backend", "studies", "delete", "a", "--yes"])
    with pytest.raises(SystemExit) as ended:
        main()
    printed = capsys.readouterr()
    assert ended.value.code == 1
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("failed: study: 'a' is not deleted: kept; ")
    assert rows_left(local.url) == before
    assert run_folder(local, "a").joinpath("config.toml").is_file()
    assert "delete" not in [entry.action for entry in audit.entries(local)]


@pytest.mark.slow
def test_of_several_those_that_can_be_are_deleted(local: Database) -> None:
    forbid(local, "DELETE ON studies WHEN OLD.study_name = 'a'")
    with pytest.raises(WriteError, match=r"^1 of 2 studies done; study: 'a' is not deleted: kept"):
        delete_studies(local, ["a", "b"])
    assert [item.name for item in list_studies(local)] == ["a"]
    assert [entry.study for entry in audit.entries(local) if entry.action == "delete"] == ["b"]


def test_a_note_that_the_database_refuses_is_not_reported_as_saved(local: Database) -> None:
    forbid(local, "INSERT ON study_system_attributes")
    with pytest.raises(WriteError, match=r"^note: that of 'a' is not stored"):
        save_note(load_to_change(local, "a"), "words")


def test_more_trials_that_the_database_refuses_are_not_reported(local: Database) -> None:
    forbid(local, "UPDATE ON study_user_attributes")
    with pytest.raises((SQLAlchemyError, WriteError)):
        launch.requeue(local, "a", 9)
    assert "resume" not in [entry.action for entry in audit.entries(local)]


def test_everything_of_a_study_goes_with_it(database: Database) -> None:
    launch.prepare(database, cheap_config(setup={"n_trials": 2, "n_workers": 2}), "a")
    queue.add(database, load_study(database, "a")._study_id)
    execute_run(database, "a")
    assert set(rows_left(database.url)) >= {
        "proxyscope_runs",
        "proxyscope_run_log",
        "proxyscope_queue",
        "proxyscope_workers",
        "proxyscope_tickets",
    }
    deleted = delete_study(database, "a")
    assert (deleted.trials, deleted.ensembles, deleted.folder) == (2, [], None)
    assert rows_left(database.url) == {}
    assert not (runs_folder(database) / "a").exists()


def test_a_study_that_gets_the_number_of_one_that_another_program_deleted_has_a_run_of_its_own(
    database: Database,
) -> None:
    launch.prepare(database, cheap_config(), "a")
    optuna.delete_study(study_name="a", storage=database.storage)
    launch.prepare(database, cheap_config(), "b")
    run = runs.read_run(database, load_study(database, "b")._study_id)
    assert run is not None
    assert (run.state, runs.read_log(database, run.study_id)) == ("queued", [])


_LATE_TRIAL = (
    "INSERT INTO trials (trial_id, number, study_id, state) VALUES (7, 0, 1, 'RUNNING')",
    "INSERT INTO trial_user_attributes (trial_id, key, value_json) VALUES (7, 'a', '1')",
)
"""What plain Optuna writes to a study whose deletion it has not seen."""


def write_plainly(home: Path, *statements: str) -> None:
    """Change the database of studies as plain Optuna does, without a check of foreign keys."""
    with closing(sqlite3.connect(home / "studies.db")) as plain:
        for statement in statements:
            plain.execute(statement)
        plain.commit()


def test_trials_that_were_written_after_a_deletion_are_no_part_of_the_next_study(home: Path) -> None:
    database = open_database()
    launch.prepare(database, cheap_config(), "a")
    optuna.delete_study(study_name="a", storage=database.storage)
    database.close()
    write_plainly(home, *_LATE_TRIAL)
    launch.prepare(open_database(), cheap_config(), "b")
    assert load_study(database, "b")._study_id == 1
    assert load_study(database, "b").trials == []
    assert "trials" not in rows_left(database.url)


def test_rows_of_a_trial_that_was_itself_written_after_the_deletion_are_deleted_too(home: Path) -> None:
    database, late = open_database(), set[int]()
    database.prepare()
    for statement in _LATE_TRIAL:
        write_plainly(home, statement)
        with database.begin() as connection:
            assert delete_orphans(connection, 1, late)
    assert rows_left(database.url) == {}


def test_of_several_that_rename_at_once_one_does(database: Database) -> None:
    launch.prepare(database, cheap_config(), "a")
    launch.stop(database, "a")

    def rename(number: int) -> bool:
        try:
            rename_study(database, "a", f"a{number}")
        except UserError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(rename, range(8)))
    assert done.count(True) == 1
    (named,) = [item.name for item in list_studies(database)]
    assert named == f"a{done.index(True)}"
    assert [line.detail for line in audit.entries(database) if line.action == "rename"] == [f"to {named}"]


def test_a_search_that_had_not_begun_is_said_to_be_stopped(home: Path) -> None:
    database = open_database()
    launch.prepare(database, cheap_config(), "a")
    assert backend("studies", "stop", "a").stdout == "a: stopped: stopped before it began\n"
    assert list_studies(database)[0].run.state == "stopped"  # type: ignore[union-attr]


def test_a_folder_that_stays_is_said(
    local: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = runs_folder(local) / "a"
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    folder.write_text("a file where the folder was")
    monkeypatch.setattr(sys, "argv", ["backend", "studies", "delete", "a", "--yes"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert f"remove {folder}" in capsys.readouterr().err
    assert [item.name for item in list_studies(local)] == ["b"]


def test_a_running_study_is_not_deleted(local: Database) -> None:
    runs.requeue(local, load_study(local, "a")._study_id, 9)
    assert "stop it before you delete it" in refused("studies", "delete", "a", "--yes")
