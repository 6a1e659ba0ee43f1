"""Opening a study database: the file is in WAL mode, its password stays hidden, and what is wrong is said."""

from pathlib import Path

import optuna
import pytest
from sqlalchemy import text

from backend.errors import StorageError
from backend.studies import Database, create_study, list_studies, open_database
from tests.conftest import cheap_config


def test_the_default_is_a_file_in_the_installations_folder_in_wal_mode(home: Path) -> None:
    database = open_database()
    assert (home / "studies.db").is_file()
    with database.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


def test_plain_optuna_opens_the_database(database: Database) -> None:
    create_study(database, cheap_config(), "a")
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
        ("sqlite:////proc/none/studies.db", "cannot make the folder /proc/none"),
    ],
)
def test_a_database_that_cannot_be_opened_is_named_in_one_line_without_its_password(url: str, said: str) -> None:
    with pytest.raises(StorageError, match=r"^storage: ") as caught:
        open_database(url)
    line = str(caught.value)
    assert said in line
    assert "secret" not in line
    assert "\n" not in line


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    file.write_text("these are my notes, not a database " * 40)
    before = file.read_bytes()
    with pytest.raises(StorageError, match="cannot open"):
        open_database(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_database_of_an_earlier_version_is_brought_up_when_it_is_opened_to_write(each_database: Database) -> None:
    with each_database.engine.begin() as connection:
        for table in ("proxyscope_runs", "proxyscope_workers"):
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN machine")
    with pytest.raises(StorageError, match="of an earlier version; open it once to write"):
        open_database(each_database.url, read_only=True)
    open_database(each_database.url)
    assert list_studies(open_database(each_database.url, read_only=True)) == []
