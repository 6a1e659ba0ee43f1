"""Study databases of both kinds; one thread, as the networks of these tests are too small to share out."""

from collections.abc import Iterator

import pytest
import torch

from backend.storage.database import Database


@pytest.fixture
def database(each_database: Database) -> Database:
    """Every test on stored scores runs on SQLite and on PostgreSQL."""
    return each_database


@pytest.fixture(autouse=True, scope="package")
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
