"""Accel-NASBench: keys, networks and their sizes, what devices measured, and searches of all or of the trained ones."""

import math
from collections.abc import Iterator

import numpy as np
import optuna
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.config.advice import notices
from backend.config.model import SearchConfig
from backend.errors import ConfigError, UserError
from backend.scoring import Scorer
from backend.search.samplers import DistinctSampler
from backend.spaces import registry
from backend.spaces.accel_nasbench.architecture import OPTIONS, AccelArchitecture
from backend.spaces.accel_nasbench.costs import network_size
from backend.spaces.accel_nasbench.options import AccelSection
from backend.spaces.accel_nasbench.space import AccelNasBench
from backend.spaces.accel_nasbench.table import means, runs_table
from backend.spaces.building import count_size
from backend.spaces.capabilities import (
    Drawable,
    Enumerable,
    FixedDistributions,
    GraphFeatures,
    Groups,
    HasTruth,
    KnownCosts,
    Neighbours,
    Parameters,
    capability,
    lacks,
    listing,
    require,
)
from backend.spaces.task import Task

SPACE = AccelNasBench()
FIRST = "e6k3l1se0_e4k5l2se0_e6k3l3se0_e6k5l3se0_e6k5l2se0_e1k3l2se0_e1k3l2se0"
UNTRAINED = FIRST.replace("e6k3l1se0", "e6k3l1se1", 1)
architectures = st.fixed_dictionaries({name: st.sampled_from(options) for name, options in OPTIONS.items()}).map(
    AccelArchitecture.of_params
)


@settings(deadline=None)
@given(architecture=architectures)
def test_a_key_and_parameters_find_their_architecture(architecture: AccelArchitecture) -> None:
    assert SPACE.parse(architecture.key) == architecture
    assert SPACE.at(SPACE.label(architecture)) == architecture
    assert SPACE.of_params(architecture.params) == architecture
    assert SPACE.suggest(optuna.trial.FixedTrial(dict(architecture.params))) == architecture
    assert set(SPACE.of_key(architecture.key)) == {parameter.name for parameter in SPACE.parameters}


@pytest.mark.parametrize(
    "text",
    ["", "5", FIRST[:-10], f"{FIRST}_e1k3l2se0", FIRST.replace("k5", "k7"), FIRST.replace("l1", "l4"), f"x{FIRST}"],
)
def test_a_text_that_is_no_architecture_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected 7 blocks such as e6k3l1se0"):
        SPACE.parse(text)


def macs_of_the_benchmark(architecture: AccelArchitecture) -> int:
    """As thop counts: those of convolutions and the classifier, four for each input of a batch norm, and poolings."""
    side = 112
    total = 27 * 32 * side**2 + 4 * 32 * side**2
    for layer in architecture.layers():
        if layer.hidden != layer.channels_in:
            total += (layer.channels_in + 4) * layer.hidden * side**2
        side //= layer.stride
        total += (layer.kernel**2 + 4) * layer.hidden * side**2
        if layer.squeeze:
            total += 2 * layer.hidden * layer.squeeze + layer.hidden * (side**2 + 1)
        total += (layer.hidden + 4) * layer.channels_out * side**2
    return total + (320 + 4) * 1280 * side**2 + 1280 * (side**2 + 1) + 1280 * 1000


def test_sizes_of_all_rows_are_the_benchmarks() -> None:
    table = runs_table()
    found = [AccelArchitecture.parse(key) for key in table["architecture"]]
    assert [network_size(item, 1000, 224).parameters for item in found] == table["params"].tolist()
    assert [macs_of_the_benchmark(item) for item in found] == table["macs"].tolist()


def built(count: int) -> Iterator[tuple[AccelArchitecture, object]]:
    keys = np.random.default_rng(0).choice(means().index.to_numpy(), count, replace=False)
    # Without any storage: weights are not drawn.
    with torch.device("meta"):
        task = Task(torch.zeros(1, 3, 40, 40), None, 7)
        for key in keys:
            architecture = SPACE.parse(key)
            yield architecture, count_size(SPACE.build(architecture, task), task)


@pytest.mark.parametrize("count", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_sizes_of_built_networks_are_the_closed_forms(count: int) -> None:
    for architecture, size in built(count):
        assert size == network_size(architecture, 7, 40)


def test_costs_are_those_of_the_images_that_are_scored_and_of_imagenet_as_trained() -> None:
    costs, architecture = require(SPACE, KnownCosts, "costs"), SPACE.parse(FIRST)
    assert costs.cost(architecture, "ImageNet", "params") == 2_501_160
    assert costs.cost(architecture, "ImageNet", "flops") == pytest.approx(415.361072, rel=0.14)
    small = require(SPACE.restricted(AccelSection(image_size=32)), KnownCosts, "costs")
    ratio = costs.cost(architecture, "cifar10", "flops") / small.cost(architecture, "cifar10", "flops")
    assert ratio == pytest.approx(4, rel=0.01)
    assert costs.cost(architecture, "cifar10", "throughput:a100") == pytest.approx(7031.83, rel=1e-2)
    assert math.isnan(costs.cost(SPACE.parse(UNTRAINED), "cifar10", "latency:zcu102"))
    assert not costs.has_gaps("cifar10", "flops")
    assert {cost.name for cost in SPACE.device_costs} == set(costs.measured)


def test_tables_list_the_trained_ones_and_each_is_a_class_of_its_own() -> None:
    listed = listing(SPACE)
    assert listed is not None
    assert len(listed) == listed.nunique() == 5_125
    assert lacks(SPACE, Enumerable) == "Accel-NASBench: its architectures cannot be listed"


def test_it_is_bundled_and_knows_what_it_says() -> None:
    assert registry.bundled(SPACE.name) is registry.get(SPACE.name)
    kinds = (
        Drawable, FixedDistributions, GraphFeatures, Groups, HasTruth, KnownCosts, Neighbours, Parameters,
    )  # fmt: skip
    assert lacks(SPACE, *kinds) == ""
    assert all(capability(SPACE, kind) for kind in kinds)


@settings(deadline=None, max_examples=20)
@given(architecture=architectures)
def test_neighbours_features_groups_and_drawing(architecture: AccelArchitecture) -> None:
    near = SPACE.neighbours(architecture)
    assert len(set(near)) == 43
    assert all(sum(one != other for one, other in zip(item.params.values(), architecture.params.values(), strict=True))
               == 1 for item in near)  # fmt: skip
    features = SPACE.features([architecture.key]).iloc[0]
    assert features["depth"] == architecture.depth == sum(1 for _ in architecture.layers())
    assert all(SPACE.groups(name, [architecture.key]).notna().all() for name in SPACE.groupings)
    assert len(SPACE.drawing(architecture).edges) == 7


def test_blocks_and_a_thin_copy_take_what_they_say() -> None:
    architecture = SPACE.parse(FIRST.replace("se0", "se1"))
    network = SPACE.build(architecture, Task(torch.zeros(2, 3, 32, 32), None, 5))
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 5)
    assert len(SPACE.blocks(network)) == 1 + architecture.depth
    thin, shape = SPACE.thin(architecture)
    assert thin(torch.randn(8, *shape)).shape == (8, 1, 1, 1)


def test_scores_are_of_images_at_the_size_of_the_space() -> None:
    scorer = Scorer("ImageNet16-120", ["params", "snip", "naswot"], batch_size=2, device="cpu", space=SPACE)
    assert tuple(scorer.batch.images.shape) == (2, 3, 64, 64)
    scores = scorer.score(SPACE.parse(FIRST))
    assert scores["params"] == network_size(SPACE.parse(FIRST), 120, 64).parameters
    assert all(map(math.isfinite, scores.values()))


def config(metrics: dict[str, dict[str, object]] | None = None, **space: object) -> SearchConfig:
    tables = {"search_space": {"name": SPACE.name, **space}, "strategy": {"metrics": metrics or {"snip": {}}}}
    return SearchConfig.from_mapping({"search": tables})


def test_a_search_of_the_table_proposes_trained_ones_alone_and_keeps_to_the_options() -> None:
    chosen = config(architectures="table", parameters={"block0_e": [4], "block6_l": {"high": 2}})
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    found = [chosen.space.suggest(study.ask()) for _ in range(20)]
    assert all(item.key in means().index for item in found)
    assert {item.params["block0_e"] for item in found} == {4}
    assert {item.params["block6_l"] for item in found} <= {1, 2}
    narrow = {name: [options[0]] for name, options in OPTIONS.items() if not name.endswith("_l")}
    nothing = config(architectures="table", parameters=narrow).space
    with pytest.raises(UserError, match="no architecture of the benchmark's table has these options"):
        nothing.suggest(optuna.create_study().ask())


def test_a_walk_leaves_a_trained_architecture_that_is_known() -> None:
    space = config(architectures="table").space
    fixed = require(space, FixedDistributions, "search")  # type: ignore[type-abstract]
    known: set[str] = set()
    sampler = DistinctSampler(optuna.samplers.RandomSampler(seed=0), fixed, lambda item: item.key in known, seed=0)
    study = optuna.create_study(sampler=sampler)
    for _ in range(12):
        known.add(space.suggest(study.ask()).key)
    assert len(known) == 12


def test_devices_are_objectives_of_the_trained_ones_with_their_own_direction() -> None:
    metrics: dict[str, dict[str, object]] = {"throughput:a100": {}, "latency:zcu102": {}}
    chosen = config(metrics, architectures="table")
    goals = chosen.strategy.metrics
    assert [goals[name].direction for name in metrics] == ["maximize", "minimize"]
    assert not any("optimised the wrong way" in line for line in notices(chosen))
    assert SearchConfig.from_toml(chosen.to_toml()) == chosen
    assert (chosen.dataset, chosen.trained_on, chosen.runner.nasbench_epochs) == ("ImageNet16-120", "ImageNet", 16)
    with pytest.raises(ConfigError, match=r'search_space\.architectures: throughput:a100, latency:zcu102 .*"table"'):
        config(metrics)


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"image_size": 8}, r"search_space\.image_size"),
        ({"architectures": "some"}, r"search_space\.architectures"),
        ({"block0_e": [1]}, "block0_e: unknown key"),
    ],
)
def test_what_a_search_file_may_not_say_is_refused(given_: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(**given_)
