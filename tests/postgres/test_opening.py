"""Opening a study database on a server: by several at once, by its short URL, and when the server is lost."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import OperationalError

from backend.errors import StorageError
from backend.search.score_store import ScoreStore
from backend.storage.database import open_database, open_existing
from backend.studies import list_studies
from tests.postgres.server import PASSWORD, Server


def test_several_open_an_empty_database_at_once(postgres_url: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        databases = list(pool.map(open_database, [postgres_url] * 6))
        list(pool.map(lambda database: database.prepare(), databases))
        list(pool.map(lambda database: ScoreStore(database.engine), databases))
    assert [list_studies(database) for database in databases] == [[]] * 6


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_url_without_a_driver_takes_psycopg_3(postgres_url: str, scheme: str) -> None:
    database = open_database(postgres_url.replace("postgresql+psycopg", scheme))
    database.prepare()
    assert database.engine.driver == "psycopg"
    assert list_studies(database) == []


def test_the_password_is_in_no_words_on_the_database(postgres_url: str) -> None:
    database = open_database(postgres_url)
    assert PASSWORD not in f"{database} {database!r} {database.engine!r}"
    for wrong in (postgres_url.replace(PASSWORD, "wrong-secret"), f"{postgres_url}_none"):
        with pytest.raises(
            StorageError, match=r"^storage: cannot open postgresql\+psycopg://proxyscope:\*\*\*@"
        ) as caught:
            open_database(wrong)
        assert "secret" not in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_password_among_the_urls_options_is_hidden_too(postgres_url: str) -> None:
    url = postgres_url.replace(f":{PASSWORD}@", "@") + f"?password={PASSWORD}"
    database = open_database(url)
    assert list_studies(database) == []
    assert PASSWORD not in f"{database} {database!r}"
    with pytest.raises(StorageError, match="cannot open") as caught:
        open_database(url.replace(PASSWORD, "wrong-secret"))
    assert "secret" not in str(caught.value)


def test_tables_of_another_program_get_no_company(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE invoices (number integer)"))
    with pytest.raises(StorageError, match="holds another program's tables"):
        open_existing(postgres_url)
    assert inspect(engine).get_table_names() == ["invoices"]
    engine.dispose()


def test_a_server_that_does_not_answer_is_given_up_in_seconds() -> None:
    begun = time.monotonic()
    with pytest.raises(StorageError, match="cannot open"):
        open_database("postgresql://ann:secret@192.0.2.1/name")
    assert time.monotonic() - begun < 30


def test_a_server_that_comes_back_is_used_again(postgres_server: Server, postgres_url: str) -> None:
    database = open_database(postgres_url)
    database.prepare()
    postgres_server.stop()
    try:
        with pytest.raises(OperationalError), database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    finally:
        postgres_server.start()
    assert list_studies(database) == []
