"""Tests of sharing run on SQLite and on PostgreSQL."""

from tests.backend.studies.conftest import database, far_east

__all__ = ["database", "far_east"]
