"""A drawing of a space's architecture: its edges in colours of their own, its nodes, and a legend."""

from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201
from dashboard.figures import architecture_graph
from dashboard.figures.template import BLUE, GREEN, GREY, ORANGE, SKY

# Node 1 is fed by nothing: its two edges on are dead.
PARTLY_DEAD = Cell(("none", "nor_conv_1x1", "avg_pool_3x3", "skip_connect", "nor_conv_3x3", "nor_conv_3x3"))


def drawing(cell: Cell) -> Drawing:
    return NasBench201().drawing(CellArchitecture(cell))


def test_every_edge_is_named_in_its_colour() -> None:
    figure = architecture_graph(drawing(PARTLY_DEAD))
    labels = [(note.text, note.bgcolor) for note in figure.layout.annotations if note.text]
    assert labels == [
        ("none", GREY),
        ("conv 1×1", SKY),
        ("avg pool 3×3", ORANGE),
        ("skip", GREEN),
        ("conv 3×3", BLUE),
        ("conv 3×3", BLUE),
    ]


def test_dead_and_none_edges_are_faint_and_dotted() -> None:
    figure = architecture_graph(drawing(PARTLY_DEAD))
    edges = [trace for trace in figure.data if trace.text and "edge" in str(trace.text)]
    faint = {trace.text.split(":")[0] for trace in edges if trace.opacity < 1 and trace.line.dash == "dot"}
    assert faint == {"edge 0 → 1", "edge 1 → 2", "edge 1 → 3"}


def test_the_legend_names_the_operations_of_the_cell_once() -> None:
    names = [trace.name for trace in architecture_graph(drawing(PARTLY_DEAD)).data if trace.showlegend is None]
    assert names == ["none", "skip", "conv 3×3", "conv 1×1", "avg pool 3×3"]
    one = Cell(("nor_conv_3x3",) * 6)
    assert [trace.name for trace in architecture_graph(drawing(one)).data if trace.showlegend is None] == ["conv 3×3"]


def test_the_four_nodes_are_drawn() -> None:
    nodes = architecture_graph(drawing(PARTLY_DEAD)).data[6]
    assert list(nodes.text) == ["in", "1", "2", "out"]


def test_a_drawing_without_places_or_names_stands_on_an_arc() -> None:
    edges = (DrawnEdge(0, 1, "sum", True), DrawnEdge(1, 2, "mix", True), DrawnEdge(0, 2, "sum", False))
    figure = architecture_graph(Drawing(("in", "middle", "out"), edges))
    nodes = figure.data[3]
    assert list(nodes.x) == [0, 2, 4]
    assert nodes.y[1] > nodes.y[0]
    assert [trace.name for trace in figure.data if trace.showlegend is None] == ["sum", "mix"]
