"""Every example of a user's own space and data runs as its first lines say."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import DATA_VARIABLE, SPACES_VARIABLE
from backend.spaces import registry
from backend.storage.database import open_database
from backend.studies import load_study, trials_frame
from tests.backend.cli.command_line import backend
from tests.conftest import CONFIGS

EXAMPLES = sorted((CONFIGS / "examples").glob("*.toml"))


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes the spaces of a test out again."""
    monkeypatch.setenv(SPACES_VARIABLE, "")
    monkeypatch.setenv(DATA_VARIABLE, "")
    before = set(registry.available())
    yield
    for name in set(registry.available()) - before:
        registry.unregister(name)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(home: Path, path: Path) -> None:
    command = re.search(r"python -m backend (search .*)", path.read_text())
    assert command is not None, "its first lines say how to run it"
    options = [option.replace("configs/", f"{CONFIGS}/") for option in command[1].split()]
    backend(*options, "--study", "it", "--trials", "3")
    trials = trials_frame(load_study(open_database(), "it"))
    assert (trials["state"] == "complete").sum() == 3
    if path.stem == "vit":
        assert set(trials["param:patch"]) == {4}


def test_each_space_of_an_example_has_a_search_file() -> None:
    spaces = {path.stem for path in (CONFIGS / "examples").glob("*.py") if "def suggest(" in path.read_text()}
    assert {path.stem for path in EXAMPLES} == spaces
