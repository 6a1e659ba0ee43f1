import pytest

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell
from backend.truth import measures
from dashboard.figures import neighbour_grid

MEASURE = measures.accuracy("cifar100", 200)
ACCURACIES = measures.values(MEASURE)
CELL = Cell.from_index(5115)


def test_each_tile_leads_to_the_cell_with_that_operation_on_that_edge() -> None:
    tiles = neighbour_grid(CELL, ACCURACIES, MEASURE).data[0]
    assert len(tiles.customdata) == 24
    for edge, operation, index in zip(tiles.y, tiles.x, tiles.customdata, strict=True):
        operations = list(CELL.operations)
        operations[edge] = OPERATIONS[operation]
        assert Cell.from_index(int(index)).operations == tuple(operations)


def test_tiles_say_accuracy_and_gain_and_colour_follows_the_gain() -> None:
    tiles = neighbour_grid(CELL, ACCURACIES, MEASURE).data[0]
    for text, gain, index in zip(tiles.text, tiles.marker.color, tiles.customdata, strict=True):
        assert gain == pytest.approx(ACCURACIES[index] - ACCURACIES[5115])
        assert text == f"{ACCURACIES[index]:.2f}<br>{gain:+.2f}"


def test_own_operations_are_outlined_and_lead_nowhere() -> None:
    own = neighbour_grid(CELL, ACCURACIES, MEASURE).data[1]
    assert [(edge, OPERATIONS[operation]) for edge, operation in zip(own.y, own.x, strict=True)] == list(
        enumerate(CELL.operations)
    )
    assert own.customdata is None


def test_axes_name_edges_operations_and_release() -> None:
    layout = neighbour_grid(CELL, ACCURACIES, MEASURE).layout
    assert list(layout.yaxis.ticktext) == [f"{source} → {target}" for source, target in EDGES]
    assert layout.xaxis.ticktext[2] == "conv 3×3"
    assert "NATS-Bench tss v1_0" in layout.xaxis.title.text
