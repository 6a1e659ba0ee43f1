"""Tests of storage run on SQLite and on PostgreSQL."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.backend.studies.conftest import database, far_east

__all__ = ["database", "far_east"]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def new_url(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives URLs of databases that are not there yet, or are empty."""
    if request.param == "sqlite":
        numbers = count()
        yield lambda: f"sqlite:///{tmp_path / f'{next(numbers)}.db'}"
        return
    server, made = request.getfixturevalue("postgres_server"), list[str]()

    def create() -> str:
        made.append(server.create())
        return made[-1]

    yield create
    for url in made:
        server.drop(url)


@pytest.fixture
def url(new_url: Callable[[], str]) -> str:
    return new_url()
