"""The loop closed on data that no table knows: search, train what is recommended, and learn from what was measured."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.settings import DATA_VARIABLE, SPACES_VARIABLE
from backend.spaces import registry
from tests.backend.cli.command_line import backend
from tests.conftest import CONFIGS

EXAMPLE = CONFIGS / "examples" / "digits_mlp.py"


@pytest.fixture(autouse=True)
def own_code(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(SPACES_VARIABLE, str(EXAMPLE))
    monkeypatch.setenv(DATA_VARIABLE, "")
    yield
    registry.unregister("digits_mlp")


def test_perceptrons_are_searched_trained_on_the_digits_and_compared_with_what_they_reached(home: Path) -> None:
    searched = backend("search", "--config", EXAMPLE.with_suffix(".toml"), "--study", "digits", "--trials", "12").stdout
    assert "too few" not in searched, "no truth is expected of this space, so none is missed"
    said = backend("train", "digits", "--top", "6", "--epochs", "3").stdout
    assert "1,438 examples trained on, 359 held out (a fifth of each class, seed 0): 1,797 examples that batch" in said
    measured = [item["accuracy"] for item in json.loads(backend("trainings", "digits", "--json").stdout)]
    assert len(measured) == 6
    assert min(measured) > 40  # chance is 10
    assert "Trained 6 of 10; next: " in backend("recommend", "digits").stdout
    fitted = json.loads(
        backend("ensemble", "digits", "--measured", "--model", "ridge", "--proxies", "snip,params", "--json").stdout
    )
    assert set(fitted["weights"]) == {"snip", "params"}
