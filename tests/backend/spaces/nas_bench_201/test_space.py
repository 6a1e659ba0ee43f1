"""NAS-Bench-201 as a search space."""

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import NUM_CELLS, OPERATIONS, Cell
from backend.spaces.nas_bench_201.options import EDGE_KEYS, CellChoices
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201

options = st.lists(st.integers(0, 4), min_size=1, max_size=5, unique=True)
architectures = st.builds(
    lambda index, channels, cells: CellArchitecture(Cell.from_index(index), channels, cells),
    st.integers(0, NUM_CELLS - 1),
    st.integers(1, 256),
    st.integers(1, 20),
)


def test_the_open_space_has_all_connected_cells() -> None:
    assert len(list(NasBench201().members())) == 15_625 - 341


def test_an_option_number_is_the_missions_operation_on_the_edge_it_names() -> None:
    choices = CellChoices(op_1_0=[2], op_2_0=[3], op_2_1=[4], op_3_0=[1], op_3_1=[0], op_3_2=[2])
    (architecture,) = NasBench201(choices).members()
    edges = "|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    assert architecture == CellArchitecture(Cell.parse(edges), 16, 5)


@given(edges=st.tuples(*[options] * 6), widths=st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True))
def test_what_is_sampled_keeps_to_the_options_and_is_found_again_from_its_parameters(
    edges: tuple[list[int], ...], widths: list[int]
) -> None:
    choices = CellChoices(**dict(zip(EDGE_KEYS, edges, strict=True)), C=widths)
    space = NasBench201(choices)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    architecture = space.suggest(study.ask())
    allowed = [{OPERATIONS[number] for number in choices.options(key)} for key in EDGE_KEYS]
    assert all(architecture.params[key] in names for key, names in zip(EDGE_KEYS, allowed, strict=True))
    assert architecture.channels in widths
    assert space.suggest(optuna.trial.FixedTrial(dict(architecture.params))) == architecture  # type: ignore[arg-type]
    assert space.of_params(architecture.params) == architecture


@pytest.mark.parametrize("depths", [[5], [1, 5]])
def test_each_size_is_an_architecture_of_its_own(depths: list[int]) -> None:
    choices = CellChoices(op_1_0=[0], op_2_0=[0], op_2_1=[0], op_3_0=[1, 2], op_3_1=[0], op_3_2=[0], N=depths)
    members = list(NasBench201(choices).members())
    assert len(set(members)) == len(members) == 2 * len(depths)


@given(architecture=architectures)
def test_a_key_is_read_back_and_a_label_finds_its_architecture(architecture: CellArchitecture) -> None:
    space = NasBench201()
    assert space.parse(architecture.key) == architecture
    assert space.at(space.label(architecture)) == architecture
    assert space.has_class(architecture.class_key)


@given(first=architectures, second=architectures)
def test_a_class_key_is_shared_by_what_computes_the_same_at_the_same_size(
    first: CellArchitecture, second: CellArchitecture
) -> None:
    sizes = (first.channels, first.cells_per_stage) == (second.channels, second.cells_per_stage)
    if first.invalid or second.invalid:
        assert (first.class_key == second.class_key) == (first == second)
    else:
        same = sizes and first.cell.canonical() == second.cell.canonical()
        assert (first.class_key == second.class_key) == same


@pytest.mark.parametrize("text", ["", "5", "|none~0|", f"{Cell.from_index(3)} C=8", f"{Cell.from_index(3)} C=0 N=1"])
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not a NAS-Bench-201 string"):
        NasBench201().parse(text)


@pytest.mark.parametrize("text", ["", "15625", "-1", "3 C=8", "x", "3 C=8 N=1 ", "03x"])
def test_a_class_key_of_no_cell_is_refused(text: str) -> None:
    assert not NasBench201().has_class(text) or text == "3 C=8 N=1 "
