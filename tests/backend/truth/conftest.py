"""Tests of the truth begin with nothing imported, whatever the installation of who runs them has."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _nothing_imported(home: Path) -> None:
    """An installation of the test's own."""
