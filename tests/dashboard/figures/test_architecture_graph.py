from dashboard.figures.cell_graph import OPERATION_COLORS, OPERATION_NAMES

from backend.spaces.nas_bench_201.cell import Cell
from dashboard.figures import cell_graph

# Node 1 is fed by nothing: its two edges on are dead.
PARTLY_DEAD = Cell(("none", "nor_conv_1x1", "avg_pool_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_3x3"))


def test_every_edge_is_named_in_its_colour() -> None:
    figure = cell_graph(PARTLY_DEAD)
    labels = [(note.text, note.bgcolor) for note in figure.layout.annotations if note.text]
    assert labels == [(OPERATION_NAMES[name], OPERATION_COLORS[name]) for name in PARTLY_DEAD.operations]


def test_dead_and_none_edges_are_faint_and_dotted() -> None:
    figure = cell_graph(PARTLY_DEAD)
    edges = [trace for trace in figure.data if trace.text and "edge" in str(trace.text)]
    faint = {trace.text.split(":")[0] for trace in edges if trace.opacity < 1 and trace.line.dash == "dot"}
    assert faint == {"edge 0 → 1", "edge 1 → 2", "edge 1 → 3"}


def test_the_legend_names_the_operations_of_the_cell_once() -> None:
    names = [trace.name for trace in cell_graph(PARTLY_DEAD).data if trace.showlegend is None]
    assert names == ["none", "skip", "conv 3×3", "conv 1×1", "avg pool 3×3"]
    one = Cell(("nor_conv_3x3",) * 6)
    assert [trace.name for trace in cell_graph(one).data if trace.showlegend is None] == ["conv 3×3"]


def test_the_four_nodes_are_drawn() -> None:
    nodes = cell_graph(PARTLY_DEAD).data[6]
    assert list(nodes.text) == ["in", "1", "2", "out"]
