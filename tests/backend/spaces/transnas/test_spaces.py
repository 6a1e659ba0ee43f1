"""TransNAS-Bench-101's two spaces: strings, classes, choices, networks and their sizes."""

from collections.abc import Iterator
from typing import Any

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
from backend.scoring import Scorer
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
from backend.spaces.task import Task
from backend.spaces.transnas.architecture import EDGES, MODULE_KEYS, MacroArchitecture, MicroArchitecture
from backend.spaces.transnas.costs import network_size
from backend.spaces.transnas.macro import TransNasMacro
from backend.spaces.transnas.micro import TransNasMicro
from backend.spaces.transnas.network import build_network
from backend.spaces.transnas.options import KINDS, NEEDED, TransNasMacroSection, TransNasMicroSection
from backend.truth.transnas import results_table

MACRO, MICRO = TransNasMacro(), TransNasMicro()
SPACES = (MACRO, MICRO)
backbones = st.integers(0, MACRO.size - 1).map(MacroArchitecture.of_index)
cells = st.integers(0, MICRO.size - 1).map(MicroArchitecture.of_index)
TASK = Task(torch.zeros(1, 3, 40, 40), None, 7)

ENCODERS = {
    "64-41414-0_00_000": 19_488,
    "64-41414-0_01_210": 704_544,
    "64-41414-1_33_100": 14_164_512,
    "64-41414-3_33_333": 41_411_616,
    "64-1114-basic": 988_960,
    "64-3121-basic": 1_436_064,
    "64-111424-basic": 11_482_400,
    "64-231431-basic": 8_631_840,
}
"""Parameters of encoders, as the benchmark's own networks have them."""


def space_of(key: str) -> Any:
    return MACRO if key.endswith("basic") else MICRO


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_the_strings_are_the_benchmarks_in_their_order(space: Any) -> None:
    table = results_table(space.name)
    assert [space.at(index).key for index in range(space.size)] == table["architecture"].tolist()


@settings(deadline=None)
@given(architecture=st.one_of(backbones, cells))
def test_a_key_and_a_label_find_their_architecture(architecture: MacroArchitecture | MicroArchitecture) -> None:
    space = space_of(architecture.key)
    assert space.parse(architecture.key) == space.read(architecture.key) == architecture
    assert space.at(space.label(architecture)) == space.read(str(architecture.index)) == architecture
    assert space.of_params(architecture.params) == architecture
    assert space.suggest(optuna.trial.FixedTrial(dict(architecture.params))) == architecture
    assert space.has_class(architecture.class_key)


@settings(deadline=None)
@given(values=st.tuples(*[st.sampled_from(KINDS[:-1] if name in NEEDED else KINDS) for name in MODULE_KEYS]))
def test_any_proposal_of_modules_stands_for_the_nearest_backbone(values: tuple[str, ...]) -> None:
    proposed = dict(zip(MODULE_KEYS, values, strict=True))
    found = MACRO.of_params(proposed)
    assert MACRO.parse(found.key) == found
    distance = sum(found.params[name] != proposed[name] for name in MODULE_KEYS)
    nearest = min(
        sum(other.params[name] != proposed[name] for name in MODULE_KEYS) for other in list(MACRO.members())[::17]
    )
    assert distance <= nearest


options = st.lists(st.integers(1, 4), min_size=1, max_size=4, unique=True)


@pytest.mark.slow
@settings(deadline=None)
@given(chosen=st.tuples(*[options] * 6), seed=st.integers(0, 100))
def test_what_is_sampled_of_macro_keeps_to_the_choices(chosen: tuple[list[int], ...], seed: int) -> None:
    space = MACRO.restricted(TransNasMacroSection.model_validate(dict(zip(MODULE_KEYS, chosen, strict=True))))
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask()
    members = set(space.members())
    if not members:
        with pytest.raises(UserError, match="nothing of these choices does; allow other kinds"):
            space.suggest(trial)
        return
    architecture = space.suggest(trial)
    assert architecture in members
    assert all(int(digit) in allowed for digit, allowed in zip(architecture.backbone, chosen, strict=True))
    MACRO.check_recorded({"architecture": architecture.key, "index": architecture.index}, trial.params)


@settings(deadline=None)
@given(chosen=st.tuples(*[st.lists(st.integers(0, 3), min_size=1, unique=True)] * 6), seed=st.integers(0, 100))
def test_what_is_sampled_of_micro_keeps_to_the_choices(chosen: tuple[list[int], ...], seed: int) -> None:
    space = MICRO.restricted(TransNasMicroSection.model_validate(dict(zip(MICRO.options, chosen, strict=True))))
    architecture = space.suggest(optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed)).ask())
    assert all(int(digit) in allowed for digit, allowed in zip(architecture.operations, chosen, strict=True))


def test_every_class_is_counted() -> None:
    every = [MICRO.at(index) for index in range(MICRO.size)]
    assert sum(cell.invalid is not None for cell in every) == 169
    assert MICRO.classes().isna().sum() == 169
    assert MICRO.classes().nunique() == 1_375
    assert MACRO.classes().nunique() == MACRO.size == 3_256


def unfolded(cell: MicroArchitecture) -> Any:
    """What node 3 computes, written out: its sorted terms, each with how often it occurs among all terms' uses."""
    values: dict[int, list[Any]] = {0: ["x"], 1: [], 2: [], 3: []}
    for (source, target), digit in zip(EDGES, cell.operations, strict=True):
        if digit == "1" and source:
            values[target] += values[source]
        elif digit != "0" and values[source]:
            values[target].append((digit, tuple(sorted(map(repr, values[source])))))
    return tuple(sorted(map(repr, values[3])))


@settings(deadline=None)
@given(first=cells, second=cells)
def test_cells_of_one_class_are_written_out_alike(first: MicroArchitecture, second: MicroArchitecture) -> None:
    canonical = first.canonical()
    assert canonical.canonical() == canonical
    if first.invalid is None:
        assert unfolded(canonical) == unfolded(first)
    if unfolded(first) != unfolded(second):
        assert first.class_key != second.class_key


def with_weights_of(cell: MicroArchitecture, network: nn.Sequential, canonical: nn.Sequential) -> Iterator[str]:
    """Copy the weights of a cell's network into that of its representative, edge by edge; the keys that were copied."""
    literal_edges, edges = cell.expression.edges, cell.canonical().expression.edges
    for position, (theirs, ours) in enumerate(zip(literal_edges, edges, strict=True)):
        names = ["_".join(map(str, EDGES[at])) for at in (theirs, ours)]
        for mine, other in zip(canonical.blocks, network.blocks, strict=True):  # type: ignore[arg-type]
            mine.edges[names[1]].load_state_dict(other.edges[names[0]].state_dict())
        yield f"{position}"


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(cell=cells, seed=st.integers(0, 5))
def test_networks_of_one_class_with_the_same_weights_give_the_same(cell: MicroArchitecture, seed: int) -> None:
    if cell.invalid:
        return
    images = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(seed))
    literal, canonical = (build_seeded(MICRO, item, TASK, seed) for item in (cell, cell.canonical()))
    assert isinstance(literal, nn.Sequential)
    assert isinstance(canonical, nn.Sequential)
    for part in ("stem", "head"):
        getattr(canonical, part).load_state_dict(getattr(literal, part).state_dict())
    assert len(list(with_weights_of(cell, literal, canonical))) == len(cell.expression.convolutions)
    torch.testing.assert_close(literal.eval()(images), canonical.eval()(images), rtol=1e-4, atol=1e-5)


def test_a_skip_out_of_the_first_node_is_no_identity() -> None:
    # Both are one 3×3 convolution, behind a skip connection; in the second cell that one changes the shape.
    behind, before = MICRO.parse("64-41414-3_00_010"), MICRO.parse("64-41414-1_00_030")
    assert behind.class_key == MICRO.parse("64-41414-0_00_300").class_key
    assert before.class_key != behind.class_key


def test_cells_of_one_class_share_their_scores_but_for_sizes() -> None:
    cell = MICRO.parse("64-41414-3_20_200")
    assert cell.canonical() != cell
    space = MICRO.restricted(TransNasMicroSection(image_size=16))
    scorer = Scorer("cifar10", ["params", "l2_norm", "snip"], batch_size=2, device="cpu", space=space)
    scores, shared = scorer.score(cell), scorer.score(cell.canonical())
    assert {name: scores[name] for name in ("l2_norm", "snip")} == {name: shared[name] for name in ("l2_norm", "snip")}
    assert scores["params"] > shared["params"]
    assert list(scores) == ["params", "l2_norm", "snip"]


def test_images_are_resized_to_what_the_search_says() -> None:
    scorers = [
        Scorer("cifar10", ["params"], batch_size=2, device="cpu", space=MACRO.restricted(section), check=False)
        for section in (TransNasMacroSection(), TransNasMacroSection(image_size=32))
    ]
    assert [tuple(scorer.batch.images.shape) for scorer in scorers] == [(2, 3, 64, 64), (2, 3, 32, 32)]
    assert scorers[0].batch.description.endswith("resized to 64×64.")
    assert "resized" not in scorers[1].batch.description


@pytest.mark.parametrize(("key", "parameters"), ENCODERS.items())
def test_encoders_have_the_benchmarks_parameters(key: str, parameters: int) -> None:
    architecture = space_of(key).parse(key)
    assert network_size(architecture, 0, 64).parameters == parameters
    with torch.device("meta"):
        network = build_network(architecture, 1)
    assert sum(weight.numel() for weight in network[:-1].parameters()) == parameters


@pytest.mark.slow
@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_sizes_of_built_networks_are_the_closed_forms(space: Any) -> None:
    # Without any storage, on which weights of a hundred megabytes would be drawn.
    with torch.device("meta"):
        task = Task(torch.zeros(1, 3, 40, 40), None, 7)
        networks = {
            architecture: space.build(architecture, task)
            for architecture in map(space.at, np.random.default_rng(0).choice(space.size, 40, replace=False).tolist())
        }
    for architecture, network in networks.items():
        size, known = count_size(network, task), network_size(architecture, 7, 40)
        assert size.parameters == known.parameters
        assert size.multiply_accumulates == pytest.approx(known.multiply_accumulates)


def test_costs_are_of_the_size_that_is_scored_and_of_the_tasks_as_they_were_trained() -> None:
    widest = MICRO.parse("64-41414-3_33_333")
    costs = require(MICRO, KnownCosts, "sizes")
    assert costs.cost(widest, "class_scene", "params") == 41_435_727
    assert costs.cost(widest, "class_object", "params") == 41_450_091
    assert costs.cost(widest, "room_layout", "params") == 41_416_233
    small = require(MICRO.restricted(TransNasMicroSection(image_size=32)), KnownCosts, "sizes")
    ratio = costs.cost(widest, "cifar10", "flops") / small.cost(widest, "cifar10", "flops")
    assert ratio == pytest.approx(4, rel=1e-3)
    assert costs.sizes(pd.RangeIndex(3), "cifar10")["flops"].notna().all()


@settings(deadline=None)
@given(architecture=st.one_of(backbones, cells))
def test_neighbours_differ_in_one_parameter(architecture: MacroArchitecture | MicroArchitecture) -> None:
    found = space_of(architecture.key).neighbours(architecture)
    assert len(set(found)) == len(found) > 0
    for other in found:
        assert sum(other.params[name] != value for name, value in architecture.params.items()) == 1


def test_features_are_equal_within_a_class() -> None:
    labels = range(0, MICRO.size, 3)
    features = require(MICRO, GraphFeatures, "features").features(labels)
    classes = MICRO.classes().reindex(labels)
    assert (features.groupby(classes).nunique() == 1).all(axis=None)
    of = require(MACRO, GraphFeatures, "features").features([MACRO.parse("64-1234-basic").index]).iloc[0]
    assert (of["modules"], of["doublings"], of["halvings"], of["mean_halving"]) == (4.0, 2.0, 2.0, 3.5)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_every_grouping_has_a_group_for_every_architecture(space: Any) -> None:
    groups = require(space, Groups, "groups")
    for name in groups.groupings:
        assert groups.groups(name, range(0, space.size, 7)).notna().all()


def test_drawings_have_what_the_architectures_have() -> None:
    drawing = MACRO.drawing(MACRO.parse("64-1234-basic"))
    assert [edge.operation for edge in drawing.edges] == ["keep", "double_channels", "halve_image", "double_and_halve"]
    cell = MICRO.drawing(MICRO.parse("64-41414-3_20_200"))
    assert [edge.live for edge in cell.edges] == [False, False, False, True, False, False]


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (MACRO, "64-1111-basic"),
        (MACRO, "64-44441-basic"),
        (MACRO, "64-123-basic"),
        (MACRO, "1234"),
        (MICRO, "64-41414-4_00_000"),
        (MICRO, "64-1234-basic"),
        (MICRO, ""),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_a_text_that_is_no_architecture_is_refused(space: Any, text: str) -> None:
    with pytest.raises(UserError, match="expected 64-"):
        space.parse(text)
    if not text.isdecimal():
        with pytest.raises(UserError, match="expected 64-"):
            space.read(text)


def test_what_a_trial_records_has_to_fit_together() -> None:
    architecture = MACRO.parse("64-1234-basic")
    recorded = {"architecture": architecture.key, "index": architecture.index}
    MACRO.check_recorded(recorded, architecture.params)
    with pytest.raises(UserError, match="names architecture 3 and the string of architecture"):
        MACRO.check_recorded({**recorded, "index": 3}, {})
    with pytest.raises(UserError, match="parameters of another one"):
        MACRO.check_recorded(recorded, {**architecture.params, "module_4": "halve_image"})
    with pytest.raises(UserError, match="module_1 is 7, which is none of its options"):
        MACRO.check_recorded(recorded, {**architecture.params, "module_1": 7})
    with pytest.raises(UserError, match="without the string"):
        MACRO.check_recorded({"index": 3}, {})


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_it_is_bundled_and_lacks_nothing_but_an_engine_of_its_own(space: Any) -> None:
    assert registry.bundled(space.name) is registry.get(space.name)
    kinds = (
        Choices, Drawable, Enumerable, FixedDistributions, GraphFeatures, Groups, HasTruth, KnownCosts, Neighbours,
        Parameters,
    )  # fmt: skip
    assert lacks(space, *kinds) == ""
    assert all(capability(space, kind) for kind in kinds)


def config(name: str, **space: object) -> SearchConfig:
    tables = {"search_space": {"name": name, **space}, "strategy": {"metrics": {"snip": {"scale": 1.0}}}}
    return SearchConfig.from_mapping({"search": tables})


def test_a_search_file_chooses_kinds_images_and_truth() -> None:
    chosen = config("transnas_macro", module_1=[2], module_5=[0], truth="jigsaw", image_size=32)
    assert {item.backbone[0] for item in chosen.space.members()} == {"2"}  # type: ignore[attr-defined]
    assert {len(item.backbone) for item in chosen.space.members()} == {4}  # type: ignore[attr-defined]
    assert (chosen.dataset, chosen.trained_on, chosen.runner.nasbench_epochs) == ("cifar10", "jigsaw", 10)
    assert SearchConfig.from_toml(chosen.to_toml()) == chosen
    table = chosen.search_space.model_dump()
    assert type(chosen.search_space).table_of(table, "cifar10", chosen.search_space.chosen) == table
    (said,) = chosen.search_space.notices()
    assert said == "Scored on cifar10 images at 32×32; truth: jigsaw, trained on Taskonomy at 256×256."


@pytest.mark.parametrize(
    ("name", "given_", "message"),
    [
        ("transnas_macro", {"module_1": [0]}, r"search_space\.module_1\[0\]: 0 is no option number; the options are 1"),
        ("transnas_micro", {"edge_0_1": [4]}, r"edge_0_1\[0\]: 4 is no option number; the options are 0 none, 1 skip"),
        ("transnas_micro", {"edge_0_1": [1, 1]}, "an option is listed twice"),
        ("transnas_macro", {"truth": "cifar10"}, r"search_space\.truth"),
        ("transnas_macro", {"image_size": 8}, r"search_space\.image_size"),
        ("transnas_micro", {"module_1": [1]}, "module_1: unknown key"),
    ],
)
def test_what_a_search_file_may_not_say_is_refused(name: str, given_: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(name, **given_)
