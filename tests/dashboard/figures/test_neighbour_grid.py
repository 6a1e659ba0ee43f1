import plotly.graph_objects as go
import pytest

from backend.spaces import registry
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell
from backend.spaces.nas_bench_201.space import NasBench201
from backend.truth import measures
from dashboard.data.benchmark import isomorphic, neighbours
from dashboard.figures import neighbour_grid
from tests.toy_space import ToySpace

MEASURE = measures.accuracy("cifar100", 200)
ACCURACIES = measures.values(MEASURE)
CELL = Cell.from_index(5115)


def grid() -> go.Figure:
    space = registry.get()
    assert isinstance(space, NasBench201)
    cell = space.at(5115)
    own = space.of_key(cell.key)
    return neighbour_grid(5115, own, neighbours(space, cell), space.parameters, ACCURACIES, MEASURE, space.words)


def test_each_tile_leads_to_the_cell_with_that_operation_on_that_edge() -> None:
    tiles = grid().data[0]
    assert len(tiles.customdata) == 24
    for edge, operation, index in zip(tiles.y, tiles.x, tiles.customdata, strict=True):
        operations = list(CELL.operations)
        operations[edge] = OPERATIONS[operation]
        assert Cell.from_index(int(index)).operations == tuple(operations)
    assert "<b>Cell %{customdata}</b>" in tiles.hovertemplate


def test_tiles_say_accuracy_and_gain_and_colour_follows_the_gain() -> None:
    tiles = grid().data[0]
    for text, gain, index in zip(tiles.text, tiles.marker.color, tiles.customdata, strict=True):
        assert gain == pytest.approx(ACCURACIES[index] - ACCURACIES[5115])
        assert text == f"{ACCURACIES[index]:.2f}<br>{gain:+.2f}"


def test_own_operations_are_outlined_and_lead_nowhere() -> None:
    own = grid().data[1]
    assert [(edge, OPERATIONS[operation]) for edge, operation in zip(own.y, own.x, strict=True)] == list(
        enumerate(CELL.operations)
    )
    assert own.customdata is None


def test_axes_name_edges_operations_and_release() -> None:
    layout = grid().layout
    assert list(layout.yaxis.ticktext) == [f"{source} → {target}" for source, target in EDGES]
    assert layout.yaxis.title.text == "Edge"
    assert layout.xaxis.ticktext[2] == "conv 3×3"
    assert "NATS-Bench tss v1_0" in layout.xaxis.title.text


@pytest.mark.parametrize("index", [0, 7, 11, 5115, 6111])
def test_isomorphic_are_the_cells_of_a_class_or_those_that_connect_nothing(index: int) -> None:
    cell = Cell.from_index(index)
    assert isomorphic(registry.get(), index) == [twin.index for twin in cell.twins()]


def test_nothing_is_known_to_be_isomorphic_in_a_space_that_cannot_be_listed() -> None:
    assert isomorphic(ToySpace(), "depth=1 width=4") == []
