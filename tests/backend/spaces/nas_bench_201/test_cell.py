"""Cells: notation, official order, and the classes of cells that compute the same function."""

import pickle
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.spaces.nas_bench_201.cell import (
    EDGES,
    NUM_CELLS,
    OPERATIONS,
    Cell,
    class_indices,
    enumerate_cells,
)

cells = st.tuples(*[st.sampled_from(OPERATIONS)] * len(EDGES)).map(Cell)
DISCONNECTED = "|none~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|none~2|"


def test_official_order() -> None:
    known = {
        0: "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|",
        5: "|nor_conv_1x1~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_3x3~0|none~1|avg_pool_3x3~2|",
        5115: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_3x3~2|",
        6111: "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
        15624: "|nor_conv_1x1~0|+|none~0|nor_conv_1x1~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|",
    }
    assert {index: str(Cell.from_index(index)) for index in known} == known
    assert {Cell.parse(arch).index for arch in known.values()} == set(known)
    assert len(set(enumerate_cells())) == NUM_CELLS


@given(cells)
def test_round_trips(cell: Cell) -> None:
    assert Cell.parse(str(cell)) == cell
    assert Cell.from_index(cell.index) == cell
    assert pickle.loads(pickle.dumps(cell)) == cell


@pytest.mark.parametrize(
    "text",
    [
        "",
        "|nor_conv_3x3~0|",
        "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|",
        "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
        "none~0|+|none~0|none~1|+|none~0|none~1|none~2",
        "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|none~3|",
        None,
    ],
)
def test_parse_refuses_other_notations(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a NAS-Bench-201 string; expected the form \|nor_conv_3x3~0"):
        Cell.parse(text)


def test_parse_names_an_unknown_operation() -> None:
    with pytest.raises(ValueError, match=r"unknown operation 'conv_7x7'; valid: none, skip_connect"):
        Cell.parse("|conv_7x7~0|+|none~0|none~1|+|none~0|none~1|none~2|")


@pytest.mark.parametrize("index", [-1, NUM_CELLS, 1.0, True, "3", None])
def test_index_out_of_range(index: int) -> None:
    with pytest.raises(ValueError, match="from 0 to 15624"):
        Cell.from_index(index)


def test_a_numpy_index_is_an_index() -> None:
    assert Cell.from_index(np.int64(7)).index == 7


def test_disconnected_cells() -> None:
    assert sum(not cell.connected for cell in enumerate_cells()) == 341
    assert not Cell.parse(DISCONNECTED).connected


def test_number_of_classes() -> None:
    classes = {cell.canonical() for cell in enumerate_cells()}
    assert len(classes) == 5044  # at most 5,260 without using that pooling is linear


@given(cells)
def test_representative_is_a_live_member_of_the_class(cell: Cell) -> None:
    representative = cell.representative()
    assert representative.canonical() == cell.canonical()
    assert repr(representative.canonical()) == repr(cell.canonical())  # stores may key on it
    assert hash(representative.canonical()) == hash(cell.canonical())
    assert representative.representative() == representative
    assert representative.operations.count("none") >= cell.operations.count("none")


@given(cells, st.integers(0, 5), st.sampled_from(OPERATIONS))
def test_an_edge_on_no_path_changes_nothing(cell: Cell, edge: int, operation: str) -> None:
    def replace(name: str) -> Cell:
        return Cell((*cell.operations[:edge], name, *cell.operations[edge + 1 :]))

    source, target = EDGES[edge]
    cut = replace("none")
    reached, reaching = {0}, {3}
    for (a, b), name in zip(EDGES, cut.operations, strict=True):
        if a in reached and name != "none":
            reached.add(b)
    for (a, b), name in reversed(list(zip(EDGES, cut.operations, strict=True))):
        if b in reaching and name != "none":
            reaching.add(a)
    if source not in reached or target not in reaching:
        assert replace(operation).canonical() == cut.canonical()
    elif operation != "none":
        assert replace(operation).canonical() != cut.canonical()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        # Nodes 1 and 2 have no names.
        (
            "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|nor_conv_1x1~1|avg_pool_3x3~2|",
            "|skip_connect~0|+|nor_conv_3x3~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|",
            True,
        ),
        # A skip connection is the identity: conv after conv, whichever node carries it.
        (
            "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|",
            "|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_3x3~2|",
            True,
        ),
        # Pooling a sum is summing what is pooled.
        (
            "|nor_conv_3x3~0|+|skip_connect~0|skip_connect~1|+|none~0|none~1|avg_pool_3x3~2|",
            "|nor_conv_3x3~0|+|none~0|none~1|+|avg_pool_3x3~0|avg_pool_3x3~1|none~2|",
            True,
        ),
        # One convolution whose output is used twice isn't two convolutions of the same input.
        (
            "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|skip_connect~1|skip_connect~2|",
            "|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|skip_connect~1|skip_connect~2|",
            False,
        ),
        # Twice the input isn't the input.
        (
            "|skip_connect~0|+|none~0|none~1|+|skip_connect~0|skip_connect~1|none~2|",
            "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
            False,
        ),
    ],
)
def test_twins_and_strangers(one: str, other: str, same: bool) -> None:
    assert (Cell.parse(one).canonical() == Cell.parse(other).canonical()) is same


def test_an_expression_reads_as_a_formula() -> None:
    cell = Cell.parse("|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|avg_pool_3x3~1|nor_conv_1x1~2|")
    assert str(cell.canonical()) in ("P(conv3(x)) + conv1(x)", "conv1(x) + P(conv3(x))")
    assert str(Cell.parse(DISCONNECTED).canonical()) == "0"


def test_live_edges_are_those_of_every_path() -> None:
    for cell in enumerate_cells():
        used = {edge for edge, operation in zip(EDGES, cell.operations, strict=True) if operation != "none"}
        paths = [((0, 3),), ((0, 1), (1, 3)), ((0, 2), (2, 3)), ((0, 1), (1, 2), (2, 3))]
        expected = {edge for path in paths if used.issuperset(path) for edge in path}
        assert {EDGES[edge] for edge in cell.live_edges()} == expected


@given(cells)
def test_neighbours_differ_in_one_edge(cell: Cell) -> None:
    neighbours = cell.neighbours()
    assert len({edit.cell for edit in neighbours}) == 24
    for edge, operation, neighbour in neighbours:
        differing = [position for position in range(6) if neighbour.operations[position] != cell.operations[position]]
        assert differing == [edge]
        assert neighbour.operations[edge] == operation
    assert [(edit.edge, edit.operation) for edit in neighbours] == sorted(
        ((edit.edge, edit.operation) for edit in neighbours), key=lambda pair: (pair[0], OPERATIONS.index(pair[1]))
    )


@given(cells)
def test_twins_are_the_other_cells_of_the_class(cell: Cell) -> None:
    twins = cell.twins()
    assert cell not in twins
    assert all(twin.canonical() == cell.canonical() for twin in twins)
    assert all(cell in twin.twins() for twin in twins[:3])
    assert [twin.index for twin in twins] == sorted(twin.index for twin in twins)


def test_all_disconnected_cells_are_twins() -> None:
    assert len(Cell.parse(DISCONNECTED).twins()) == 340


def test_the_classes_kept_in_a_file_are_those_of_the_cells() -> None:
    members = defaultdict(list)
    for cell in enumerate_cells():
        members[cell.canonical()].append(cell)
    first = {what: max(cells, key=lambda cell: cell.operations.count("none")) for what, cells in members.items()}
    assert [cell.representative() for cell in enumerate_cells()] == [
        first[cell.canonical()] for cell in enumerate_cells()
    ]
    worked_out = [first[cell.canonical()].index if cell.connected else None for cell in enumerate_cells()]
    assert list(class_indices()) == worked_out
