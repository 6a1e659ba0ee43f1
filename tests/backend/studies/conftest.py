"""Study databases of both kinds, and a machine that is not in the zone of their times."""

import time
from collections.abc import Iterator

import pytest

from backend.storage.database import Database


@pytest.fixture
def database(each_database: Database) -> Database:
    """Every test on studies runs on SQLite and on PostgreSQL."""
    return each_database


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
