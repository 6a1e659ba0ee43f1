"""The search file: the mission's own is read as printed, and whatever is wrong is named."""

import copy
import tomllib
from pathlib import Path
from typing import Any

import pytest

from backend import proxies
from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.config.sections import SAMPLERS
from backend.errors import ConfigError
from tests.conftest import CONFIGS, cheap_config

MISSION = CONFIGS / "search_zero_cost.toml"


def test_the_missions_file_is_read_key_for_key() -> None:
    config = SearchConfig.from_file(MISSION)
    assert config.dataset == "ImageNet16-120"
    assert (config.search_space.choices.name, config.search_space.choices.C, config.search_space.choices.N) == (
        ["infer.tiny"],
        [16],
        [5],
    )
    assert config.search_space.choices.op_0_0 == [0]
    assert all(
        config.search_space.choices.options(f"op_{edge}") == [0, 1, 2, 3, 4]
        for edge in ("1_0", "2_0", "2_1", "3_0", "3_1", "3_2")
    )
    listed = ["grad_norm", "snip", "grasp", "fisher", "plain", "l2_norm", "naswot", "naswot_relu", "tenas", "zico"]
    assert config.runner.metrics == listed
    assert (config.runner.data_loader, config.runner.num_samples, config.split) == ("val_dataloader", 512, "val")
    assert config.hardware_metrics == ["average_bitwidth"]
    assert (config.setup.n_jobs, config.setup.n_trials, config.setup.timeout) == (1, 100, 20000)
    assert (config.setup.sampler, config.setup.sum_scaled_metrics) == ("tpe", False)


def test_the_missions_objectives_are_its_scaled_metrics_and_the_rest_is_recorded() -> None:
    config = SearchConfig.from_file(MISSION)
    objectives = Objectives(config)
    assert objectives.names == ["snip", "plain", "naswot", "naswot_relu", "t_cet", "tenas", "zen"]
    assert set(objectives.directions) == {"maximize"}
    assert config.proxy_names == [*config.runner.metrics, "t_cet", "zen"]
    assert config.strategy.metrics["l2_norm"].direction == "minimize"


def test_the_missions_contradictions_are_said_in_a_line_each() -> None:
    lines = notices(SearchConfig.from_file(MISSION))
    assert len(lines) == 3
    assert "number_classes is 10 but ImageNet16-120 has 120" in lines[0]
    assert lines[1].startswith("t_cet, zen:")
    assert "tpe with 7 objectives" in lines[2]


def test_the_quick_start_contradicts_nothing_and_has_three_objectives() -> None:
    config = SearchConfig.from_file(CONFIGS / "quickstart.toml")
    assert notices(config) == []
    assert len(Objectives(config).names) == 3
    assert (config.dataset, config.runner.num_samples) == ("cifar10", 64)


@pytest.mark.parametrize(
    "name", ["search_zero_cost.toml", "quickstart.toml", "hardware_aware.toml", "nas_bench_macro.toml"]
)
def test_a_file_written_and_read_again_is_the_same_search(name: str) -> None:
    config = SearchConfig.from_file(CONFIGS / name)
    again = SearchConfig.from_toml(config.to_toml())
    assert again == config
    assert again.to_toml() == config.to_toml()


def test_every_proxy_and_sampler_can_be_named() -> None:
    metrics = {name: {"scale": 1.0} for name in proxies.available()}
    for sampler in SAMPLERS:
        config = cheap_config(
            runner={"metrics": list(proxies.available())}, metrics=metrics, setup={"sampler": sampler}
        )
        assert set(config.proxy_names) == set(proxies.available())


@pytest.mark.parametrize(
    ("path", "value", "field", "said"),
    [
        ("strategy.sw_runner.zero_cost.metrics", ["snip", "snap"], "strategy.sw_runner.zero_cost.metrics", "snap"),
        ("strategy.metrics.snap", {"scale": 1.0}, "strategy.metrics", "grad_norm"),
        (
            "search_space.nas_zero_cost.config.dataset",
            ["mnist"],
            "search_space.nas_zero_cost.config.dataset",
            "cifar100",
        ),
        (
            "search_space.nas_zero_cost.config.dataset",
            ["cifar10", "cifar100"],
            "search_space.nas_zero_cost.config.dataset",
            "one",
        ),
        (
            "search_space.nas_zero_cost.config.op_2_1",
            [0, 5],
            "search_space.nas_zero_cost.config.op_2_1[1]",
            "nor_conv_1x1",
        ),
        (
            "search_space.nas_zero_cost.config.op_2_1",
            [0, -1],
            "search_space.nas_zero_cost.config.op_2_1[1]",
            "4 avg_pool_3x3",
        ),
        ("search_space.nas_zero_cost.config.op_2_1", [], "search_space.nas_zero_cost.config.op_2_1", "at least one"),
        ("search_space.nas_zero_cost.config.op_2_1", [1, 1], "search_space.nas_zero_cost.config.op_2_1", "twice"),
        (
            "search_space.nas_zero_cost.config.C",
            [0],
            "search_space.nas_zero_cost.config.C[0]",
            "at least 1",
        ),
        ("strategy.setup.sampler", "grid", "strategy.setup.sampler", "'qmc'"),
        ("strategy.setup.n_trials", 0, "strategy.setup.n_trials", "at least 1"),
        ("strategy.setup.n_trials", "many", "strategy.setup.n_trials", "whole number"),
        ("strategy.setup.timeout", 0, "strategy.setup.timeout", "above 0 "),
        ("strategy.setup.n_trails", 5, "strategy.setup.n_trails", "n_trials"),
        ("strategy.setup.sum_scaled_metrics", True, "strategy.setup.direction", "'minimize'"),
        ("strategy.metrics", {"snip": {"scale": 0.0}}, "strategy.metrics", "nothing to optimise"),
        ("strategy.metrics.snip", 3, "strategy.metrics.snip", "should be a table (got 3)"),
        ("strategy.setup.timeout", float("inf"), "strategy.setup.timeout", "finite"),
        ("strategy.metrics.snip.scale", -1.0, "strategy.metrics.snip.scale", "at least 0 "),
        ("strategy.metrics.snip.direction", "up", "strategy.metrics.snip.direction", "'minimize'"),
        ("strategy.sw_runner.zero_cost.num_samples", 1, "strategy.sw_runner.zero_cost.num_samples", "at least 2"),
        ("strategy.sw_runner.zero_cost.device", "tpu", "strategy.sw_runner.zero_cost.device", "cuda"),
        (
            "strategy.sw_runner.zero_cost.data_loader",
            "loader",
            "strategy.sw_runner.zero_cost.data_loader",
            "val_dataloader",
        ),
        ("sw_runner.name", "one_shot", "sw_runner.name", "zero_cost"),
        ("search_space.name", "graph/other", "search_space.name", "graph/software/zero_cost"),
    ],
)
def test_each_wrong_value_is_named_with_its_key_and_what_is_valid(path: str, value: Any, field: str, said: str) -> None:
    tables = _mission_with(path, value)
    with pytest.raises(ConfigError) as caught:
        SearchConfig.from_mapping(tables)
    fields = [problem[0] for problem in caught.value.problems]
    assert f"search.{field}" in fields
    line = caught.value.lines()[fields.index(f"search.{field}")]
    assert said in line
    assert "\n" not in str(caught.value)


def test_several_problems_are_all_kept_and_the_line_says_how_many_more() -> None:
    tables = _mission_with("strategy.setup.n_trials", 0)
    tables["search"]["strategy"]["setup"]["sampler"] = "grid"
    with pytest.raises(ConfigError, match=r"and 1 more problem\)"):
        SearchConfig.from_mapping(tables)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[search", "not valid TOML"),
        ("", "search: this table is missing"),
        ("[find]\n", "search: this table is missing"),
    ],
)
def test_text_that_is_no_search_file_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SearchConfig.from_toml(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot read .*none\.toml: No such file"):
        SearchConfig.from_file(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not UTF-8"):
        SearchConfig.from_file(tmp_path / "binary.toml")


def _mission_with(path: str, value: Any) -> dict[str, Any]:
    tables = copy.deepcopy(tomllib.loads(MISSION.read_text(encoding="utf-8")))
    *parents, last = path.split(".")
    table = tables["search"]
    for part in parents:
        table = table.setdefault(part, {})
    table[last] = value
    return tables


@pytest.mark.parametrize(("written", "meant"), [(True, "architecture"), (False, "trial")])
def test_files_of_version_0_1_keep_what_they_count(written: bool, meant: str) -> None:
    config = SearchConfig.from_mapping(_mission_with("strategy.setup.distinct_cells", written))
    assert config.setup.distinct == meant
    assert SearchConfig.from_toml(config.to_toml()) == config


def test_distinct_means_a_different_function_unless_the_file_says_otherwise() -> None:
    assert SearchConfig.from_mapping(_mission_with("strategy.setup.seed", 1)).setup.distinct == "function"
    tables = _mission_with("strategy.setup.distinct_cells", True)
    tables["search"]["strategy"]["setup"]["distinct"] = "function"
    with pytest.raises(ConfigError, match="distinct_cells: give distinct alone"):
        SearchConfig.from_mapping(tables)


@pytest.mark.parametrize("given", [0, 65, 2.0, True, "all", ""])
def test_a_number_of_jobs_is_a_whole_one_or_auto(given: object) -> None:
    with pytest.raises(ConfigError) as caught:
        cheap_config(setup={"n_jobs": given})
    ((key, message),) = caught.value.problems
    assert key == "search.strategy.setup.n_jobs"
    assert message == f'should be "auto" or a whole number from 1 to 64 (got {given!r})'


def test_a_file_that_says_nothing_of_jobs_takes_the_cores_there_are() -> None:
    config = cheap_config()
    assert config.setup.n_jobs == "auto"
    assert SearchConfig.from_toml(config.to_toml()) == config
    assert cheap_config(setup={"n_jobs": 3}).setup.n_jobs == 3
