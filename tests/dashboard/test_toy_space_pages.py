"""The pages on scores, ensembles, comparisons and the benchmark, for studies of a space that has no capability."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
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


@pytest.fixture
def toys(searched: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Opens a page on that installation."""
    monkeypatch.setenv("PROXYSCOPE_HOME", str(searched))
    monkeypatch.setenv("PROXYSCOPE_SPACES", str(SPACE))
    monkeypatch.delenv("PROXYSCOPE_STORAGE", raising=False)
    st.cache_data.clear()
    st.cache_resource.clear()

    def open_page(page: str, **parameters: str | list[str]) -> AppTest:
        test = AppTest.from_file(str(Path(__file__).parents[2] / "dashboard" / "app.py"), default_timeout=60)
        test.run()
        test.switch_page(f"views/{page}/page.py")
        for name, value in parameters.items():
            test.query_params[name] = value
        return test.run()

    yield open_page


def text(page: AppTest) -> str:
    """All that a page says, tooltips and axes included."""
    kinds = ("markdown", "caption", "info", "warning", "error", "success", "subheader", "title", "metric")
    parts = [element.value for kind in kinds for element in page.get(kind)]
    parts += [getattr(element, "help", "") or "" for element in page.main.children.values()]
    parts += [element.label for kind in ("button", "selectbox", "multiselect") for element in page.get(kind)]
    parts += [chart.proto.spec for chart in page.get("plotly_chart")]
    parts += [str(list(table.value)) + str(table.proto.columns) for table in page.dataframe]
    parts += [str(list(element.value)) for element in page.get("table")]
    return "\n".join(map(str, parts)).replace("\\", "")


def check(page: AppTest) -> str:
    """What the page says, after checks that it shows no failure and has no word of another space."""
    assert not page.exception
    assert [box.value for box in page.error] == []
    said = text(page)
    assert OF_THE_BENCHMARK.findall(said) == []
    return said


LACKS_TRUTH = "Toy MLPs: what its architectures reach when they are trained is not known"


def test_proxies_are_compared_among_themselves(toys: Open) -> None:
    page = toys("proxies", study=STUDIES[0])
    said = check(page)
    assert LACKS_TRUTH in said
    assert "Spearman correlation of each two proxies over these perceptrons" in said
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    assert [trace["type"] for trace in charts[-1]["data"]] == ["heatmap", "scatter"]
    assert "Best perceptron by grad_norm" in said
