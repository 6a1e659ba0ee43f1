from dashboard.figures.cell_graph import OPERATION_COLORS

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS
from dashboard.figures.choices_graph import choices_graph


def test_an_edge_has_a_line_for_each_operation_it_may_take() -> None:
    choices = dict.fromkeys(EDGES, ("nor_conv_3x3",)) | {(0, 3): ("none", "skip_connect"), (0, 1): OPERATIONS}
    figure = choices_graph(choices)
    lines = [trace for trace in figure.data if isinstance(trace.text, str)]
    assert len(lines) == 4 + 2 + 5
    assert [line.line.color for line in lines if "edge 0 → 3" in line.text] == [
        OPERATION_COLORS["none"],
        OPERATION_COLORS["skip_connect"],
    ]
    labels = [note.text for note in figure.layout.annotations]
    assert labels == ["any", "conv 3×3", "conv 3×3", "2 of 5", "conv 3×3", "conv 3×3"]


def test_an_edge_without_an_operation_stands_out() -> None:
    figure = choices_graph(dict.fromkeys(EDGES, ("skip_connect",)) | {(1, 2): ()})
    (empty,) = [trace for trace in figure.data if isinstance(trace.text, str) and "choose one" in trace.text]
    assert empty.line.dash == "dash"
    assert "none chosen" in [note.text for note in figure.layout.annotations]
