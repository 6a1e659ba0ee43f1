"""What a search may sample."""

import random

import optuna
import pytest
from backend.search.space import Candidate, SearchSpace
from hypothesis import given
from hypothesis import strategies as st

from backend.config.sections import EDGE_KEYS, CellChoices
from backend.spaces.nas_bench_201.cell import OPERATIONS, Cell

options = st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True)


def test_the_open_space_has_all_connected_cells() -> None:
    assert len(SearchSpace(CellChoices())) == 15_625 - 341


def test_an_option_number_is_the_missions_operation_on_the_edge_it_names() -> None:
    choices = CellChoices(op_1_0=[2], op_2_0=[3], op_2_1=[4], op_3_0=[1], op_3_1=[0], op_3_2=[2])
    (candidate,) = SearchSpace(choices).candidates()
    edges = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    assert candidate == Candidate(Cell.parse(edges), 16, 5)


@given(edges=st.tuples(*[options] * 6), widths=st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True))
def test_what_is_sampled_keeps_to_the_options_and_is_found_again_from_its_parameters(
    edges: tuple[list[int], ...], widths: list[int]
) -> None:
    choices = CellChoices(**dict(zip(EDGE_KEYS, edges, strict=True)), C=widths)
    space = SearchSpace(choices)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    candidate = space.suggest(study.ask())
    allowed = [{OPERATIONS[number] for number in choices.options(key)} for key in EDGE_KEYS]
    by_key = space.parameters(candidate)
    assert all(by_key[key] in names for key, names in zip(EDGE_KEYS, allowed, strict=True))
    assert candidate.channels in widths
    assert space.suggest(optuna.trial.FixedTrial(by_key)) == candidate  # type: ignore[arg-type]


def test_only_wanted_candidates_are_in_a_space_that_asks_for_some() -> None:
    space = SearchSpace(CellChoices(C=[8, 16]), lambda candidate: candidate.channels == 8)
    assert len(space) == len(list(space.candidates())) == 15_625 - 341
    assert {candidate.channels for candidate in space.candidates()} == {8}


@pytest.mark.parametrize("depths", [[5], [1, 5]])
def test_each_size_is_a_candidate_of_its_own(depths: list[int]) -> None:
    choices = CellChoices(op_1_0=[0], op_2_0=[0], op_2_1=[0], op_3_0=[1, 2], op_3_1=[0], op_3_2=[0], N=depths)
    space = SearchSpace(choices)
    assert len(set(space.candidates())) == len(space) == 2 * len(depths)


@given(
    edges=st.tuples(*[options] * 6),
    widths=st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True),
    seed=st.integers(0, 99),
)
def test_an_edit_changes_one_parameter_within_the_options(
    edges: tuple[list[int], ...], widths: list[int], seed: int
) -> None:
    space = SearchSpace(CellChoices(**dict(zip(EDGE_KEYS, edges, strict=True)), C=widths))
    generator = random.Random(seed)
    start = space.draw(generator)
    edited = space.parameters(space.edited(start, generator))
    changed = [name for name, value in space.parameters(start).items() if edited[name] != value]
    assert len(changed) == min(1, len(space.distributions))
    assert all(edited[name] in space.distributions[name].choices for name in changed)
    assert space.candidate(space.parameters(start)) == start
