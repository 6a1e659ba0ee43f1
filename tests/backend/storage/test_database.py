"""Opening a study database: the file is in WAL mode, its password stays hidden, and what is wrong is said."""

from pathlib import Path

import optuna
import pytest
from sqlalchemy import inspect, text

from backend.errors import StorageError
from backend.runs.launch import create_study
from backend.runs.tickets import Tickets
from backend.search.problem import SearchProblem
from backend.storage.database import Database, open_database
from backend.storage.migrations import known_revisions
from backend.studies import list_studies, workers
from tests.backend.storage.schemas import differences, revision
from tests.conftest import cheap_config


def test_the_default_is_a_file_in_the_installations_folder_in_wal_mode(home: Path) -> None:
    database = open_database()
    database.prepare()
    assert (home / "studies.db").is_file()
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_plain_optuna_opens_the_database(database: Database) -> None:
    create_study(database, SearchProblem(cheap_config()), "a")
    study = optuna.load_study(study_name="a", storage=database.url)
    assert study.metric_names == ["l2_norm", "params"]
    assert study.user_attrs["dataset"] == "cifar10"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("studies.db", "not a SQLAlchemy URL"),
        ("sqlite://", "must be a file"),
        ("nosuchdb://host/name", "no driver for nosuchdb://host/name"),
        ("postgresql+psycopg://ann:secret@127.0.0.1:1/name", "cannot open postgresql"),
        ("postgresql://ann:half@secret@127.0.0.1:1/name", "an @ in its password is written %40"),
        ("postgresql://ann@127.0.0.1:1/name?password=secret&sslpassword=secret", "cannot open postgresql"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named_in_one_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StorageError, match=r"^storage: ") as caught:
        open_database(url)
    line = str(caught.value)
    assert said in line
    assert "secret" not in line
    assert "\n" not in line


def test_a_folder_that_cannot_be_made_is_named_at_the_first_write() -> None:
    database = open_database("sqlite:////proc/none/studies.db")
    assert list_studies(database) == []
    with pytest.raises(StorageError, match=r"^storage: cannot make the folder /proc/none"):
        create_study(database, SearchProblem(cheap_config()), "a")


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("these are my notes, not a database " * 40)
    before = file.read_bytes()
    with pytest.raises(StorageError, match="cannot open"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_database_of_an_earlier_version_is_read_as_it_is_and_brought_up_by_the_first_write(
    each_database: Database,
) -> None:
    create_study(each_database, SearchProblem(cheap_config()), "a")
    with each_database.begin() as connection:
        for table in ("proxyscope_runs", "proxyscope_workers"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN machine")
        connection.exec_driver_sql("DROP TABLE proxyscope_tickets")
        connection.exec_driver_sql("ALTER TABLE proxyscope_queue DROP COLUMN kind")
        for table in ("proxyscope_scores", "proxyscope_trainings", "proxyscope_alembic_version"):
            connection.exec_driver_sql(f"DROP TABLE {table}")
    later = open_database(each_database.url)
    for database in (open_database(each_database.url, read_only=True), later):
        (summary,) = list_studies(database)
        assert (summary.name, summary.run and summary.run.state) == ("a", "queued")
        assert workers.list_workers(database, summary.study_id) == []
        assert Tickets(database, summary.study_id, 1).done() == 0
    assert "machine" not in {column["name"] for column in inspect(later.engine).get_columns("proxyscope_runs")}
    assert revision(later.engine) is None
    create_study(later, SearchProblem(cheap_config()), "b")
    assert differences(later.engine) == []
    assert revision(later.engine) == known_revisions()[-1]
    assert {item.name for item in list_studies(later)} == {"a", "b"}
