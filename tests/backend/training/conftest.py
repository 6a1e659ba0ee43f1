"""A finished search of the toy space, to train its architectures."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.own import load_user_spaces
from backend.storage.database import Database
from tests.snapshots import made_once

STUDY = "toys"
_SPACE = Path(__file__).parents[2] / "toy_space.py"
_SEARCH = {
    "search_space": {"name": "toy"},
    "strategy": {
        "setup": {"n_trials": 10, "sampler": "random"},
        "sw_runner": {"zero_cost": {"metrics": ["snip", "l2_norm"], "num_samples": 4, "device": "cpu"}},
        "metrics": {"snip": {"scale": 1.0}},
    },
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Beside other tests, a second thread of a small network waits for the first one most of the time."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def toy_space(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The toy space, here and in processes that are started."""
    monkeypatch.setenv("PROXYSCOPE_SPACES", str(_SPACE))
    monkeypatch.delenv("PROXYSCOPE_TRAIN", raising=False)
    load_user_spaces()


def make_study(database: Database, name: str = STUDY, **runner: object) -> str:
    """A finished search of ten perceptrons."""
    config = SearchConfig.from_mapping({"search": _SEARCH})
    config.runner.__dict__.update(runner)

    def make() -> None:
        execute_run(database, prepare(database, config, name))

    made_once(database, f"{name} {runner}", make)
    return name


@pytest.fixture
def study(database: Database) -> str:
    """Its name."""
    return make_study(database)
