from pathlib import Path
from typing import Any

import pytest

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.errors import ConfigError
from dashboard.views.new_search.state import (
    bound_key,
    config_of_form,
    direction_key,
    fill,
    form_tables,
    key,
    scale_key,
)
from tests.conftest import CONFIGS, cheap_config
from tests.dashboard.conftest import Config

FILES = sorted(CONFIGS.glob("*.toml"))


@pytest.fixture
def state(make_config: Config) -> dict[Any, Any]:
    filled: dict[Any, Any] = {}
    fill(filled, make_config())
    return filled


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_through_the_form_searches_the_same(path: Path) -> None:
    config, state = SearchConfig.from_file(path), {}
    fill(state, config)
    again = config_of_form(state)
    assert again == config
    assert list(again.strategy.metrics) == list(config.strategy.metrics)
    assert notices(again) == notices(config)


def test_what_is_changed_in_the_form_wins_over_the_file(state: dict[Any, Any]) -> None:
    fill(state, SearchConfig.from_file(CONFIGS / "search_zero_cost.toml"))
    state[key("dataset")] = "cifar10"
    state[key("proxies")] = ["snip", "zen", "params"]
    state[scale_key("zen")], state[scale_key("snip")] = "0", "2.5"
    state[scale_key("params")], state[direction_key("params")] = "1", "minimize"
    config = config_of_form(state)
    assert config.search_space.choices.number_classes is None
    assert config.runner.metrics == ["snip", "zen", "params"]
    goals = {name: (goal.scale, goal.direction) for name, goal in config.strategy.metrics.items()}
    assert goals == {"snip": (2.5, "maximize"), "zen": (0, "maximize"), "params": (1, "minimize")}


def test_the_forms_own_file_fills_the_form_alike(make_config: Config) -> None:
    original = make_config(
        cells={"C": [8, 16], "N": [1, 5], "op_1_0": [3, 2], "dataset": ["cifar100"]},
        setup={
            "sum_scaled_metrics": True,
            "direction": "minimize",
            "timeout": 90.5,
            "seed": 7,
            "n_jobs": 2,
            "n_workers": 3,
        },
        runner={"images": "/data/cifar-100-python", "data_loader": "train_dataloader", "device": "cpu"},
    )
    first: dict[Any, Any] = {}
    fill(first, original)
    second: dict[Any, Any] = {}
    fill(second, SearchConfig.from_toml(config_of_form(first).to_toml()))
    assert first == second
    assert config_of_form(second).runner.images == "/data/cifar-100-python"


@pytest.mark.parametrize(
    ("field", "value", "where", "words"),
    [
        ("n_trials", "0", "search.strategy.setup.n_trials", "at least 1"),
        ("n_trials", "", "search.strategy.setup.n_trials", "this field is empty"),
        ("C", "16, wide", "search.search_space.nas_zero_cost.config.C[1]", "wide"),
        ("N", "", "search.search_space.nas_zero_cost.config.N", "at least one"),
        ("N", "--3", "search.search_space.nas_zero_cost.config.N[0]", "--3"),
        ("op_2_1", [], "search.search_space.nas_zero_cost.config.op_2_1", "at least one"),
        ("num_samples", "1", "search.strategy.sw_runner.zero_cost.num_samples", "at least 2"),
        ("device", "gpu", "search.strategy.sw_runner.zero_cost.device", "unknown device 'gpu'"),
        ("seed", "-1", "search.strategy.setup.seed", "at least 0"),
    ],
)
def test_a_wrong_field_is_named_in_the_backends_words(
    state: dict[Any, Any], field: str, value: object, where: str, words: str
) -> None:
    state[key(field)] = value
    with pytest.raises(ConfigError) as caught:
        config_of_form(state)
    ((found, message),) = caught.value.problems
    assert found == where
    assert words in message


def test_hardware_goes_through_form_and_file_unchanged(make_config: Config) -> None:
    original = make_config(
        metrics={"energy:edgegpu": {"scale": 0.5}, "l2_norm": {"scale": 1.0}, "params": {"scale": 0.0}},
        setup={
            "constraints": ["latency:raspi4 <= 12.5", "params >= 90000", "params <= 300000", "average_bitwidth <= 32"]
        },
        hardware={"metrics": ["flops", "energy:edgegpu"]},
        runner={"metrics": ["l2_norm", "params"]},
    )
    first: dict[Any, Any] = {}
    fill(first, original)
    assert first[key("hardware")] == ["flops", "energy:edgegpu", "latency:raspi4", "params"]
    assert first[bound_key("latency:raspi4")] == "12.5"
    assert first[bound_key("params", ">=")] == "90000"
    again = SearchConfig.from_toml(config_of_form(first).to_toml())
    assert again == original
    assert again.hardware_metrics == ["average_bitwidth", "flops", "energy:edgegpu", "latency:raspi4"]
    second: dict[Any, Any] = {}
    fill(second, again)
    assert first == second


def test_a_bound_typed_in_the_form_is_a_constraint_and_goes_with_its_metric(state: dict[Any, Any]) -> None:
    state[key("hardware")] = ["latency:raspi4", "energy:fpga"]
    state[bound_key("latency:raspi4")], state[bound_key("latency:raspi4", ">=")] = " 20 ", "5"
    state[scale_key("energy:fpga")], state[direction_key("energy:fpga")] = "2", "minimize"
    config = config_of_form(state)
    assert [str(constraint) for constraint in config.constraints] == ["latency:raspi4 <= 20", "latency:raspi4 >= 5"]
    assert config.strategy.metrics["energy:fpga"].scale == 2
    state[key("hardware")] = ["energy:fpga"]
    assert config_of_form(state).constraints == []


def test_another_file_leaves_no_bound_of_the_one_before(make_config: Config) -> None:
    state: dict[Any, Any] = {}
    fill(state, make_config(setup={"constraints": ["latency:raspi4 <= 20"]}))
    fill(state, make_config())
    state[key("hardware")] = ["latency:raspi4"]
    assert config_of_form(state).constraints == []


def test_a_wrong_bound_is_named_with_its_place(state: dict[Any, Any]) -> None:
    state[key("hardware")] = ["params", "latency:raspi4"]
    state[bound_key("params")], state[bound_key("latency:raspi4")] = "1e6", "fast"
    with pytest.raises(ConfigError) as caught:
        config_of_form(state)
    ((field, message),) = caught.value.problems
    assert field == "search.strategy.setup.constraints[1]"
    assert "'fast' is no bound of latency:raspi4" in message


def test_with_all_scales_zero_there_is_nothing_to_optimise(state: dict[Any, Any]) -> None:
    for metric in ("l2_norm", "params", "flops", "average_bitwidth"):
        state[scale_key(metric)] = "0"
    with pytest.raises(ConfigError, match="nothing to optimise"):
        config_of_form(state)


def test_an_empty_time_limit_is_none(state: dict[Any, Any]) -> None:
    state[key("timeout")] = ""
    assert config_of_form(state).setup.timeout is None
    assert form_tables(state)["search"]["strategy"]["setup"]["timeout"] is None


def test_an_ensemble_is_a_metric_of_the_form() -> None:
    config = cheap_config(metrics={"ensemble:mine": {"scale": 2.0}, "params": {"scale": 1.0, "direction": "minimize"}})
    state: dict[str, Any] = {}
    fill(state, config)
    assert config_of_form(state) == config
    state[key("ensembles")] = []
    assert "ensemble:mine" not in config_of_form(state).strategy.metrics
    state[key("ensembles")] = ["ensemble:other"]
    goal = config_of_form(state).strategy.metrics["ensemble:other"]
    assert (goal.scale, goal.direction) == (1.0, "maximize")
