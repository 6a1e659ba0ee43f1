"""Hardware metrics and constraints in a search file: read, completed, and named where they are wrong."""

from typing import Any

import pytest

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.costs.constraints import Constraint
from backend.errors import ConfigError
from tests.conftest import CONFIGS, cheap_config


def test_the_hardware_example_bounds_a_latency_and_minimises_an_energy() -> None:
    config = SearchConfig.from_file(CONFIGS / "hardware_aware.toml")
    assert config.constraints == [Constraint("latency:raspi4", 15)]
    assert config.hardware_metrics == ["latency:raspi4", "energy:edgegpu", "params"]
    objectives = Objectives(config)
    assert objectives.names == ["naswot_relu", "log_synflow", "energy:edgegpu"]
    assert objectives.directions == ["maximize", "maximize", "minimize"]
    assert notices(config) == []
    assert 'constraints = [\n    "latency:raspi4 <= 15",\n]' in config.to_toml()


def test_a_file_without_hardware_has_no_table_of_it() -> None:
    text = SearchConfig.from_file(CONFIGS / "search_zero_cost.toml").to_toml()
    assert "hardware_cost" not in text


def test_what_has_a_goal_or_a_bound_is_recorded_without_being_listed() -> None:
    config = cheap_config(
        metrics={"l2_norm": {"scale": 1.0}, "latency:fpga": {"scale": 0.0}},
        setup={"constraints": ["energy:eyeriss<=1", "average_bitwidth <= 32"]},
    )
    assert config.hardware_metrics == ["average_bitwidth", "latency:fpga", "energy:eyeriss"]
    assert SearchConfig.from_toml(config.to_toml()) == config


@pytest.mark.parametrize(
    ("listed", "proxies", "hardware", "as_proxies"),
    [
        (["params"], ["l2_norm"], ["params"], ["l2_norm"]),
        ([], ["l2_norm", "params"], [], ["l2_norm", "params"]),
        (["params"], ["l2_norm", "params"], [], ["l2_norm", "params"]),
        ([], ["l2_norm"], [], ["l2_norm", "params"]),
    ],
)
def test_a_size_is_recorded_once_as_a_proxy_where_that_runner_lists_it(
    listed: list[str], proxies: list[str], hardware: list[str], as_proxies: list[str]
) -> None:
    config = cheap_config(
        runner={"metrics": proxies},
        hardware={"metrics": listed},
        metrics={"l2_norm": {"scale": 1.0}, "params": {"scale": 1.0}},
    )
    assert [name for name in config.hardware_metrics if name != "average_bitwidth"] == hardware
    assert config.proxy_names == as_proxies
    assert any("listed by both runners" in line for line in notices(config)) == (
        "params" in listed and "params" in proxies
    )


def test_a_cost_is_minimised_and_a_proxy_maximised_unless_the_file_says_otherwise() -> None:
    goals: dict[str, Any] = {"l2_norm": {"scale": 1.0}, "energy:fpga": {"scale": 1.0}, "params": {"scale": 1.0}}
    config = cheap_config(runner={"metrics": ["l2_norm"]}, hardware={"metrics": ["params"]}, metrics=goals)
    assert Objectives(config).directions == ["maximize", "minimize", "minimize"]
    assert cheap_config(metrics=goals).strategy.metrics["params"].direction == "maximize"
    goals["energy:fpga"] = {"scale": 1.0, "direction": "maximize"}
    turned = cheap_config(metrics=goals)
    assert turned.strategy.metrics["energy:fpga"].direction == "maximize"
    assert any("energy:fpga: optimised the wrong way" in line for line in notices(turned))


@pytest.mark.parametrize(
    ("tables", "field", "said"),
    [
        ({"setup": {"constraints": ["latency:raspi4 < 20"]}}, "setup.constraints[0]", "write NAME <= NUMBER"),
        (
            {"setup": {"constraints": ["params <= 1e5", "speed <= 2"]}},
            "setup.constraints[1]",
            "valid: average_bitwidth",
        ),
        ({"setup": {"constraints": ["params <= much"]}}, "setup.constraints[0]", "give a finite number above 0"),
        ({"setup": {"constraints": "params <= 1e5"}}, "setup.constraints", "list"),
        (
            {"setup": {"constraints": ["flops >= 9", "flops >= 8"]}},
            "setup.constraints",
            "flops has two bounds of one kind",
        ),
        (
            {"hardware": {"metrics": ["latency:raspi5"]}},
            "hw_runner.hardware_cost.metrics",
            "valid: params, flops, latency:",
        ),
        ({"hardware": {"metrics": ["energy:raspi4"]}}, "hw_runner.hardware_cost.metrics", "unknown hardware metric"),
        ({"hardware": {"metrics": ["flops", "flops"]}}, "hw_runner.hardware_cost.metrics", "twice"),
        ({"hardware": {"devices": ["raspi4"]}}, "hw_runner.hardware_cost.devices", "known here: metrics"),
        ({"metrics": {"latency:pixel4": {"scale": 1.0}}}, "metrics", "unknown hardware metric 'latency:pixel4'"),
        (
            {"runner": {"metrics": ["latency:raspi4"]}},
            "sw_runner.zero_cost.metrics",
            "is no proxy; hardware metrics stand in hw_runner.hardware_cost.metrics",
        ),
    ],
)
def test_each_wrong_value_is_named_with_its_key_and_what_is_valid(
    tables: dict[str, Any], field: str, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        cheap_config(**tables)
    ((key, message),) = caught.value.problems
    assert key == f"search.strategy.{field}"
    assert said in message
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("cells", "key"), [({"C": [8]}, "C"), ({"C": [16, 32]}, "C"), ({"N": [3]}, "N")])
@pytest.mark.parametrize("how", ["listed", "bounded", "optimised"])
def test_other_sizes_have_no_measurements(cells: dict[str, Any], key: str, how: str) -> None:
    tables: dict[str, dict[str, Any]] = {
        "listed": {"hardware": {"metrics": ["latency:raspi4"]}},
        "bounded": {"setup": {"constraints": ["latency:raspi4 <= 20"]}},
        "optimised": {"metrics": {"latency:raspi4": {"scale": 1.0}}},
    }
    with pytest.raises(ConfigError) as caught:
        cheap_config(cells=cells, **tables[how])
    ((field, message),) = caught.value.problems
    assert field == f"search.search_space.nas_zero_cost.config.{key}"
    assert "latency:raspi4: measured for networks with C = 16 and N = 5 only" in message


def test_sizes_are_counted_for_any_network() -> None:
    config = cheap_config(cells={"C": [8]}, setup={"constraints": ["params <= 5e4", "flops <= 20"]})
    assert [constraint.metric for constraint in config.constraints] == ["params", "flops"]
