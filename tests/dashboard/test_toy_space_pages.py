"""The pages on scores, ensembles, comparisons and the benchmark, for studies of a space that has no capability."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from backend.config.model import SearchConfig
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.spaces.own import load_user_spaces
from backend.storage.database import open_database

SPACE = Path(__file__).parents[1] / "toy_space.py"
FILE = """
[search.search_space]
name = "toy"
dataset = "cifar10"
[search.strategy.setup]
n_trials = 12
sampler = "tpe"
seed = {seed}
[search.strategy.sw_runner.zero_cost]
metrics = ["grad_norm", "snip", "l2_norm"]
num_samples = 8
device = "cpu"
[search.strategy.metrics.snip]
scale = 1.0
[search.strategy.metrics.params]
scale = 1.0
direction = "minimize"
[search.strategy.hw_runner.hardware_cost]
metrics = ["params"]
"""
STUDIES = ("toys 0", "toys 1")
OF_THE_BENCHMARK = re.compile(r"\bcells?\b|\bedges?\b|NAS-Bench|15,625|\bN = 5", re.IGNORECASE)

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with two searches of the toy space that differ in the seed."""
    folder = tmp_path_factory.mktemp("toys")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PROXYSCOPE_HOME", str(folder))
        patch.setenv("PROXYSCOPE_SPACES", str(SPACE))
        patch.delenv("PROXYSCOPE_STORAGE", raising=False)
        load_user_spaces()
        database = open_database()
        database.prepare()
        for seed, name in enumerate(STUDIES):
            prepare(database, SearchConfig.from_toml(FILE.format(seed=seed)), name)
            execute_run(database, name)
    return folder
