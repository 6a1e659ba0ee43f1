"""What tests of commands share."""

from pathlib import Path

import pytest

from tests.conftest import cheap_config


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    path = tmp_path / "cheap.toml"
    path.write_text(cheap_config().to_toml(), encoding="utf-8")
    return path
