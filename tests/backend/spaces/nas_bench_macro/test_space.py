"""NAS-Bench-Macro as a search space: codes, classes, choices, networks and their sizes."""

import itertools
from collections.abc import Callable

import numpy as np
import optuna
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from backend.config.model import SearchConfig
from backend.errors import ConfigError, UserError
from backend.spaces import registry
from backend.spaces.building import build_seeded, count_size
from backend.spaces.capabilities import (
    Choices,
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
    require,
)
from backend.spaces.nas_bench_macro.architecture import (
    BLOCKS,
    FIRST_LAYERS,
    LAYERS,
    NUM_ARCHITECTURES,
    MacroArchitecture,
)
from backend.spaces.nas_bench_macro.network import build_network
from backend.spaces.nas_bench_macro.options import NasBenchMacroSection
from backend.spaces.nas_bench_macro.space import NasBenchMacro
from backend.spaces.task import Task
from backend.truth.nas_bench_macro import runs_table

SPACE = NasBenchMacro()
architectures = st.integers(0, NUM_ARCHITECTURES - 1).map(MacroArchitecture.of_index)
options = st.lists(st.integers(0, 2), min_size=1, max_size=3, unique=True)
TASK = Task(torch.zeros(1, 3, 32, 32), None, 10)


def function_of(architecture: MacroArchitecture) -> tuple[tuple[int, str], ...]:
    """What is computed: the layers that are no mere identity, each with the channels of its input."""
    computed, channels = [], 32
    for layer, digit in enumerate(architecture.code):
        is_first = layer in FIRST_LAYERS
        if digit != "0" or is_first:
            computed.append((channels, digit))
        channels *= 2 if is_first else 1
    return tuple(computed)


@given(architecture=architectures)
def test_a_key_and_a_label_find_their_architecture(architecture: MacroArchitecture) -> None:
    assert SPACE.parse(architecture.key) == SPACE.read(architecture.key) == architecture
    assert SPACE.at(SPACE.label(architecture)) == SPACE.read(str(architecture.index)) == architecture
    assert SPACE.of_params(architecture.params) == architecture
    assert SPACE.has_class(architecture.class_key)


@given(architecture=architectures)
def test_the_canonical_architecture_stands_for_itself(architecture: MacroArchitecture) -> None:
    canonical = architecture.canonical()
    assert canonical.canonical() == canonical
    assert canonical.class_key == architecture.class_key
    assert SPACE.has_class(architecture.code) == (canonical == architecture)


@given(first=architectures, second=architectures)
def test_a_class_key_is_shared_by_what_computes_the_same(first: MacroArchitecture, second: MacroArchitecture) -> None:
    assert (first.class_key == second.class_key) == (function_of(first) == function_of(second))


def test_the_classes_are_those_of_equal_functions() -> None:
    every = list(SPACE.members())
    assert [architecture.index for architecture in every] == list(range(NUM_ARCHITECTURES))
    functions = pd.Series(map(function_of, every))
    assert functions.nunique() == SPACE.classes().nunique() == 3_969
    assert (
        functions.groupby(functions).transform("size") == SPACE.classes().groupby(SPACE.classes()).transform("size")
    ).all()


@settings(max_examples=10, deadline=None)
@given(architecture=architectures, seed=st.integers(0, 5))
def test_networks_of_one_class_with_the_same_weights_give_the_same(architecture: MacroArchitecture, seed: int) -> None:
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    literal, canonical = (
        build_seeded(SPACE, item, TASK, seed).eval()(images) for item in (architecture, architecture.canonical())
    )
    assert literal.shape == (2, 10)
    torch.testing.assert_close(literal, canonical)


@given(chosen=st.tuples(*[options] * 8), seed=st.integers(0, 100))
def test_what_is_sampled_keeps_to_the_choices(chosen: tuple[list[int], ...], seed: int) -> None:
    section = NasBenchMacroSection.model_validate(dict(zip(LAYERS, chosen, strict=True)))
    space = SPACE.restricted(section)
    architecture = space.suggest(optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask())
    assert all(int(digit) in allowed for digit, allowed in zip(architecture.code, chosen, strict=True))
    assert space.of_params({name: architecture.params[name] for name in space.distributions}) == architecture
    assert architecture in set(space.members())


@given(architecture=architectures)
def test_neighbours_differ_in_one_layer(architecture: MacroArchitecture) -> None:
    found = SPACE.neighbours(architecture)
    assert len(set(found)) == len(found) == 16
    for other in found:
        assert sum(a != b for a, b in zip(other.code, architecture.code, strict=True)) == 1


def test_sizes_in_closed_form_are_the_benchmarks() -> None:
    table = runs_table()
    sizes = require(SPACE, KnownCosts, "sizes").sizes(pd.RangeIndex(NUM_ARCHITECTURES), "cifar10")
    assert [SPACE.at(index).key for index in range(NUM_ARCHITECTURES)] == table["architecture"].tolist()
    assert sizes["params"].tolist() == table["params"].tolist()
    assert np.array_equal((sizes["flops"] * 1e6).round(), table["flops"])


@pytest.mark.slow
def test_sizes_of_built_networks_are_the_benchmarks() -> None:
    table = runs_table().set_index("architecture")
    for index in np.random.default_rng(0).choice(NUM_ARCHITECTURES, 40, replace=False):
        architecture = SPACE.at(int(index))
        size = count_size(SPACE.build(architecture, TASK), TASK)
        assert size.parameters == table["params"][architecture.code]
        assert size.multiply_accumulates * 1e6 == pytest.approx(table["flops"][architecture.code])


@pytest.mark.parametrize("dataset", ["cifar100", "ImageNet16-120"])
def test_sizes_on_other_data_sets_are_those_of_the_network(dataset: str) -> None:
    classes, side = {"cifar100": (100, 32), "ImageNet16-120": (120, 16)}[dataset]
    task = Task(torch.zeros(1, 3, side, side), None, classes)
    costs = require(SPACE, KnownCosts, "sizes")
    for code in ("00000000", "01201200", "22222222"):
        size = count_size(SPACE.build(SPACE.parse(code), task), task)
        assert costs.cost(SPACE.parse(code), dataset, "params") == size.parameters
        assert costs.cost(SPACE.parse(code), dataset, "flops") == pytest.approx(size.multiply_accumulates)


def test_only_layers_that_keep_the_shape_add_their_input() -> None:
    network = build_network(MacroArchitecture("11222222"), 10)
    adds = [layer.adds_input for layer in network.layers]  # type: ignore[union-attr]
    assert adds == [layer not in FIRST_LAYERS for layer in range(8)]
    identities = build_network(MacroArchitecture("00000000"), 10).layers
    kinds = [type(layer) for layer in identities]  # type: ignore[union-attr]
    assert [kind is nn.Identity for kind in kinds] == adds
    assert not any(isinstance(module, nn.ReLU) for module in identities.modules())


def test_features_are_equal_within_a_class_and_tell_classes_apart_by_their_counts() -> None:
    features = require(SPACE, GraphFeatures, "features").features(range(NUM_ARCHITECTURES))
    classes = SPACE.classes()
    assert (features.groupby(classes).nunique() == 1).all(axis=None)
    of = features.loc[SPACE.parse("00210010").index]
    assert (of["stage_2_ir_5x5_t6"], of["first_2_ir_5x5_t6"], of["count_identity"]) == (1.0, 1.0, 5.0)


def test_every_grouping_has_a_group_for_every_architecture() -> None:
    groups = require(SPACE, Groups, "groups")
    for name in groups.groupings:
        assert groups.groups(name, range(0, NUM_ARCHITECTURES, 7)).notna().all()
    assert groups.groups("identity", [0]).tolist() == ["8"]
    assert groups.groups("layer_8", [2]).tolist() == ["ir_5x5_t6"]


def test_a_drawing_is_a_chain_of_its_layers() -> None:
    drawing = SPACE.drawing(SPACE.parse("01201201"))
    assert [(edge.source, edge.target) for edge in drawing.edges] == list(itertools.pairwise(range(9)))
    assert [edge.operation for edge in drawing.edges] == [BLOCKS[int(digit)].name for digit in "01201201"]
    assert len(drawing.places) == len(drawing.nodes) == 9


@pytest.mark.parametrize("read", [SPACE.parse, SPACE.read])
@pytest.mark.parametrize("text", ["", "0000000", "000000003", "0000000x", "|none~0|"])
def test_a_text_that_is_no_code_is_refused(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(UserError, match="for each of the 8 layers"):
        read(text)


def test_an_index_that_is_out_of_range_is_refused() -> None:
    with pytest.raises(UserError, match="valid are 0 to 6560"):
        SPACE.read("6561")


def recorded(code: str, **changed: object) -> tuple[dict[str, object], dict[str, object]]:
    architecture = SPACE.parse(code)
    return {"architecture": code, "index": architecture.index, **changed}, dict(architecture.params)


def test_what_a_trial_records_has_to_fit_together() -> None:
    SPACE.check_recorded(*recorded("01201201"))
    with pytest.raises(UserError, match="names architecture 3 and the code of architecture"):
        SPACE.check_recorded(*recorded("01201201", index=3))
    attributes, params = recorded("01201201")
    with pytest.raises(UserError, match="layers of another one"):
        SPACE.check_recorded(attributes, {**params, "layer_1": "ir_3x3_t3"})
    with pytest.raises(UserError, match="without the code"):
        SPACE.check_recorded({"index": 3}, {})


def test_it_is_bundled_and_lacks_nothing_but_an_engine_of_its_own() -> None:
    assert registry.bundled("nas_bench_macro") is registry.get("nas_bench_macro")
    kinds = (
        Choices, Drawable, Enumerable, FixedDistributions, GraphFeatures, Groups, HasTruth, KnownCosts, Neighbours,
        Parameters,
    )  # fmt: skip
    assert lacks(SPACE, *kinds) == ""
    assert all(capability(SPACE, kind) for kind in kinds)


def config(**space: object) -> SearchConfig:
    tables = {"search_space": {"name": "nas_bench_macro", **space}, "strategy": {"metrics": {"snip": {"scale": 1.0}}}}
    return SearchConfig.from_mapping({"search": tables})


def test_a_search_file_chooses_the_options_of_each_layer() -> None:
    chosen = config(layer_1=[1], layer_8=[0, 2])
    assert {architecture.code[0] for architecture in chosen.space.members()} == {"1"}  # type: ignore[attr-defined]
    assert SearchConfig.from_toml(chosen.to_toml()) == chosen
    assert chosen.runner.nasbench_epochs == 50
    with pytest.raises(ConfigError, match=r"search_space\.layer_2\[0\]: 3 is no option number; the options are 0 iden"):
        config(layer_2=[3])
    with pytest.raises(ConfigError, match="a choice is listed twice"):
        config(layer_2=[1, 1])
    with pytest.raises(ConfigError, match=r"layer_9: unknown key; known here: name, dataset, parameters, layer_1"):
        config(layer_9=[1])


def test_a_data_set_without_truth_is_said() -> None:
    assert config().search_space.notices() == []
    assert config(dataset="cifar100").search_space.notices() == [
        "True accuracies are known on cifar10 only: networks for cifar100 are shown without."
    ]


def test_a_length_of_training_that_is_not_known_is_refused() -> None:
    tables = config().model_dump(exclude_none=True)
    tables["strategy"]["sw_runner"]["zero_cost"]["nasbench_epochs"] = 200
    with pytest.raises(ConfigError, match="nasbench_epochs: nas_bench_macro was not trained for 200 epochs; valid: 50"):
        SearchConfig.from_mapping({"search": tables})
