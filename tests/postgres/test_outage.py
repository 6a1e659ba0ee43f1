"""A server that goes and comes back: a shared search waits for it, and loses nothing."""

import subprocess
import sys
import time
from contextlib import closing

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from backend.storage.database import Database
from backend.storage.outages import is_outage, ride_out
from backend.studies import workers
from tests.backend.runs.worker_processes import check_whole, prepared, started, state_of, wait_until
from tests.postgres.server import PASSWORD, Server

_AWAY_SECONDS = 3


@pytest.mark.slow
def test_a_search_goes_on_when_the_server_is_back(postgres_server: Server, postgres_database: Database) -> None:
    database = postgres_database
    study_id = prepared(database, 150, 2)
    with started(database, 2):
        wait_until(lambda: state_of(database, study_id)[1] >= 5)
        postgres_server.stop()
        time.sleep(_AWAY_SECONDS)
        postgres_server.start()
        wait_until(lambda: ride_out(lambda: state_of(database, study_id))[0] == "finished")
        wait_until(lambda: not any(worker.alive for worker in workers.list_workers(database, study_id)))
    check_whole(database, study_id, 150)


def test_a_wrong_statement_is_no_outage(postgres_database: Database) -> None:
    with postgres_database.engine.connect() as connection, pytest.raises(DBAPIError) as wrong:
        connection.exec_driver_sql("SELECT 1 FROM no_such_table")
    assert not is_outage(wrong.value)


def test_a_command_whose_server_is_lost_says_so_in_one_line_without_the_password(
    postgres_server: Server, postgres_database: Database
) -> None:
    url = postgres_database.url.replace("+psycopg", "")
    command = [sys.executable, "-m", "backend", "studies", "list"]
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with closing(psycopg.connect(url)) as lock, closing(psycopg.connect(url, autocommit=True)) as watch:
        lock.execute("LOCK TABLE trials")
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: watch.execute(waiting).fetchone() == (1,))
            postgres_server.stop()
            postgres_server.start()
            printed, said = process.communicate(timeout=60)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == 1
    assert not printed
    (line,) = said.splitlines()
    assert line.startswith("failed: storage: the study database does not answer: ")
    assert PASSWORD not in line
