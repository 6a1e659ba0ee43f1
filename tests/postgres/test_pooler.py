"""Workers behind a pooler, which gives each transaction another of a few connections."""

import shutil

import pytest

from backend.storage.database import Database, open_database
from tests.backend.runs.worker_processes import check_whole, prepared, started, state_of, wait_until
from tests.conftest import missing
from tests.postgres.pooler import pooled
from tests.postgres.server import Server


@pytest.mark.slow
def test_workers_share_a_search_through_a_pooler(postgres_server: Server, postgres_database: Database) -> None:
    if shutil.which("pgbouncer") is None:
        missing("no PgBouncer: install Debian's package pgbouncer")
    study_id = prepared(postgres_database, 100, 3, scores="table")
    with pooled(postgres_server) as through, started(open_database(through(postgres_database.url)), 3):
        wait_until(lambda: state_of(postgres_database, study_id)[0] == "finished")
    check_whole(postgres_database, study_id, 100)
