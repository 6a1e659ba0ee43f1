from backend.spaces.nas_bench_201.cell import OPERATIONS
from backend.spaces.nas_bench_201.options import EDGE_KEYS
from backend.spaces.nas_bench_201.space import NasBench201
from dashboard.figures.choices_graph import choices_graph
from dashboard.figures.template import GREEN, GREY

DRAWING = NasBench201().drawing(NasBench201().of_params({}))


def test_an_edge_has_a_line_for_each_operation_it_may_take() -> None:
    changed = {"op_3_0": ("none", "skip_connect"), "op_1_0": OPERATIONS}
    choices = dict.fromkeys(EDGE_KEYS, ("nor_conv_3x3",)) | changed
    figure = choices_graph(DRAWING, choices)
    lines = [trace for trace in figure.data if isinstance(trace.text, str)]
    assert len(lines) == 4 + 2 + 5
    assert [line.line.color for line in lines if "edge 0 → 3" in line.text] == [GREY, GREEN]
    labels = [note.text for note in figure.layout.annotations]
    assert labels == ["any", "conv 3×3", "conv 3×3", "2 of 5", "conv 3×3", "conv 3×3"]


def test_an_edge_without_an_operation_stands_out() -> None:
    figure = choices_graph(DRAWING, dict.fromkeys(EDGE_KEYS, ("skip_connect",)) | {"op_2_1": ()})
    (empty,) = [trace for trace in figure.data if isinstance(trace.text, str) and "choose one" in trace.text]
    assert empty.line.dash == "dash"
    assert "none chosen" in [note.text for note in figure.layout.annotations]
