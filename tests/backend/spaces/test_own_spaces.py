"""Spaces of two functions in a user's file, and what happens where such code fails."""

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest

from backend.config.model import SearchConfig
from backend.errors import ConfigError, SearchFailedError, UserError
from backend.runs.estimate import measure_pace
from backend.runs.execute import execute_run
from backend.runs.launch import prepare
from backend.scoring.scorer import Scorer
from backend.settings import SPACES_VARIABLE
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.own import load_user_spaces
from backend.storage.database import Database
from backend.studies import list_studies, load_study, runs, trials_frame
from tests.backend.cli.command_line import backend

EXAMPLE = Path(__file__).parents[3] / "configs" / "examples" / "mobile_cnn.py"
NETWORK = """
from torch import nn


def build(params, task):
    return nn.Sequential(nn.Flatten(), nn.Linear(task.batch[0].numel(), task.num_outputs))
"""


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Takes the spaces of a test out again."""
    monkeypatch.setenv(SPACES_VARIABLE, "")
    before = set(registry.available())
    yield
    for name in set(registry.available()) - before:
        registry.unregister(name)


def loaded(folder: Path, source: str, stem: str = "mine") -> SearchSpace:
    """The space of a file; each is loaded once a process, so each test has a file of its own."""
    file = folder / f"{stem}.py"
    file.write_text(source)
    load_user_spaces([file])
    return registry.get(stem)


def config_of(space: str) -> SearchConfig:
    """A search of a space."""
    tables = {
        "search_space": {"name": space, "dataset": "cifar10"},
        "strategy": {
            "setup": {"n_trials": 12, "sampler": "random"},
            "sw_runner": {"zero_cost": {"metrics": ["l2_norm"], "num_samples": 2}},
            "metrics": {"l2_norm": {"scale": 1.0, "direction": "maximize"}},
        },
    }
    return SearchConfig.from_mapping({"search": tables})


def searched(database: Database, space: str) -> None:
    """A finished search of a space."""
    execute_run(database, prepare(database, config_of(space), "a"))


def test_two_functions_are_a_space(tmp_path: Path) -> None:
    source = "def suggest(trial):\n    trial.suggest_int('width', 1, 3)\n" + NETWORK
    space = loaded(tmp_path, source)
    assert (space.name, space.title, space.words.one) == ("mine", "mine", "architecture")
    assert space.suggest(optuna.trial.FixedTrial({"width": 2})).key == "width=2"
    assert space.parse("width=3").params == {"width": 3}
    with pytest.raises(UserError, match="width is 4"):
        space.parse("width=4")


def test_two_more_functions_bring_the_proxies_that_need_blocks_and_a_thin_copy(tmp_path: Path) -> None:
    source = """
from torch import nn


def suggest(trial):
    trial.suggest_int("depth", 1, 3)


def layers(params, channels):
    depth = params["depth"]
    return [nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()) for _ in range(depth)]


def build(params, task):
    end = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, task.num_outputs)]
    return nn.Sequential(nn.Conv2d(task.batch.shape[1], 8, 3), *layers(params, 8), *end)
"""
    more = """

def blocks(network):
    return list(network)[:-3]


def thin(params):
    return nn.Sequential(*layers(params, 1)), (1, 3, 3)
"""
    asked = ["az_expressivity", "az_trainability", "linear_regions"]
    plain = loaded(tmp_path, source, "plain")
    whole = loaded(tmp_path, source + more, "whole")
    scorer = Scorer("cifar10", asked, batch_size=2, image_source="random", space=whole)
    shallow, deep = (scorer.score(whole.parse(f"depth={depth}")) for depth in (1, 3))
    assert deep["az_expressivity"] > shallow["az_expressivity"] > 0
    assert 1 < shallow["linear_regions"] < deep["linear_regions"] <= 3_000
    reasons = Scorer("cifar10", asked, batch_size=2, image_source="random", space=plain, check=False).explain(
        plain.parse("depth=1")
    )
    assert all(reasons.values())


def test_an_architecture_is_what_suggest_returns(tmp_path: Path) -> None:
    source = """
TITLE = "Mine <b>"
WORDS = ("net", "nets")


def suggest(trial):
    half = trial.suggest_int("half", 1, 3)
    return {"half": half, "width": 2 * half, "norm": "batch"}
"""
    space = loaded(tmp_path, source + NETWORK)
    assert space.title == "Mine <b>"
    assert space.words.count(2) == "2 nets"
    assert space.parse("half=2 norm=batch width=4").params == {"half": 2, "width": 4, "norm": "batch"}
    with pytest.raises(UserError, match="would call it"):
        space.parse("half=2 norm=batch width=5")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def suggest(trial):\n    pass\n", r"has no function build\(params\)"),
        (NETWORK, r"has no function suggest\(trial\)"),
        ("x = 1\n", "has no subclass of .*, and no functions suggest and build"),
        ("def suggest(trial):\n    return 3\n" + NETWORK + "NAME = 'not a name'\n", "must be an identifier"),
    ],
)
def test_a_file_without_both_functions_is_named(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(UserError, match=rf"mine\.py \(named by --space-module\): .*{said}"):
        loaded(tmp_path, source)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 3", "suggest returns a int; valid: a dict"),
        ("return {'x': [1]}", r"suggest returns 'x': \[1\]; valid: numbers, texts"),
        ("raise KeyError('no such thing')", "KeyError: 'no such thing'"),
        ("return {'x': 1, 'y': trial.suggest_int('x', 3, 1)}", "ValueError"),
    ],
)
def test_a_suggest_that_always_fails_is_refused_with_its_reason(
    database: Database, tmp_path: Path, body: str, said: str
) -> None:
    loaded(tmp_path, f"def suggest(trial):\n    {body}\n" + NETWORK)
    with pytest.raises(ConfigError, match=rf"search\.search_space\.name: mine gives no network: .*{said}"):
        searched(database, "mine")
    assert list_studies(database) == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise MemoryError('too wide')", "MemoryError: too wide"),
        ("return 3", ".*build returns a int, not a torch.nn.Module"),
        ("return params['none']", "KeyError: 'none'"),
    ],
)
def test_a_build_that_always_fails_is_refused_with_its_reason(
    database: Database, tmp_path: Path, body: str, said: str
) -> None:
    loaded(tmp_path, f"def suggest(trial):\n    trial.suggest_int('x', 1, 9)\n\n\ndef build(params):\n    {body}\n")
    with pytest.raises(ConfigError, match=rf"search\.search_space\.name: mine gives no network: {said}"):
        searched(database, "mine")
    assert list_studies(database) == []


def test_ten_trials_that_fail_in_a_row_end_the_search(database: Database, tmp_path: Path) -> None:
    source = """
def suggest(trial):
    if trial.number > 1:
        raise RuntimeError("no more")
    trial.suggest_int("width", 1, 100)
"""
    loaded(tmp_path, source + NETWORK)
    with pytest.raises(SearchFailedError, match="10 trials in a row failed; the last: no architecture: RuntimeError"):
        searched(database, "mine")
    states = [trial.state.name for trial in load_study(database, "a").get_trials()]
    assert states == ["COMPLETE"] * 2 + ["FAIL"] * 10


def test_a_search_goes_on_after_trials_that_fail(database: Database, tmp_path: Path) -> None:
    source = """
def suggest(trial):
    if trial.number % 3 == 1:
        raise RuntimeError("not this one")
    trial.suggest_int("width", 1, 100)


def build(params):
    from torch import nn

    if params["width"] % 2:
        raise MemoryError("too wide")
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
"""
    loaded(tmp_path, source)
    searched(database, "mine")
    study = load_study(database, "a")
    run = runs.read_run(database, study._study_id)
    assert run is not None
    assert (run.state, run.done) == ("finished", 12)
    frame = trials_frame(study)
    assert frame["arch"].dropna().nunique() == 12
    assert 0 < (frame["state"] == "complete").sum() < 12
    reasons = {str(trial.user_attrs.get("reason", "")) for trial in study.get_trials() if trial.state.name == "FAIL"}
    assert "no architecture: RuntimeError: not this one" in reasons
    assert any("too wide" in reason for reason in reasons)


def test_two_architectures_of_one_key_are_not_taken_for_one(database: Database, tmp_path: Path) -> None:
    source = """
from torch import nn

from backend.spaces.base import ParameterArchitecture, SearchSpace


class Same(ParameterArchitecture):
    key = "the same"


class Mine(SearchSpace):
    name, title = "mine", "Mine"

    def suggest(self, trial):
        return Same.of({"width": trial.suggest_int("width", 1, 50)})

    def build(self, architecture, task):
        return nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
"""
    loaded(tmp_path, source)
    with pytest.raises(SearchFailedError, match=r"the key 'the same' is that of \{'width'"):
        searched(database, "mine")


def test_a_file_that_is_given_reaches_the_processes_that_this_one_starts(tmp_path: Path) -> None:
    file = tmp_path / "copied.py"
    file.write_text(EXAMPLE.read_text())
    load_user_spaces([file])
    assert os.environ[SPACES_VARIABLE] == str(file)


def test_the_command_line_takes_the_file(home: Path) -> None:
    printed = backend(
        "score", "expansion_0=2 kernel_0=3 stages=1 width=8", "--space", "mobile_cnn", "--space-module", EXAMPLE,
        "--proxies", "params", "--json",
    ).stdout  # fmt: skip
    assert '"params": 1026' in printed


def test_the_example_needs_nothing_of_the_project() -> None:
    assert {"suggest", "build"} <= set(runpy.run_path(str(EXAMPLE)))
    assert "backend" not in EXAMPLE.read_text()


def test_the_time_is_measured_on_the_architectures_that_can_be_scored(tmp_path: Path) -> None:
    source = """
def suggest(trial):
    trial.suggest_int("width", 1, 100)


def build(params):
    from torch import nn

    if params["width"] > 50:
        raise MemoryError("too wide")
    return nn.Sequential(nn.Flatten(), nn.Linear(3072, 10))
"""
    loaded(tmp_path, source)
    assert measure_pace(config_of("mine")).scored == 3


def test_a_space_that_was_taken_out_is_registered_again_from_its_file(tmp_path: Path) -> None:
    space = loaded(tmp_path, "def suggest(trial):\n    pass\n" + NETWORK)
    registry.unregister("mine")
    load_user_spaces()
    assert registry.get("mine") is space
