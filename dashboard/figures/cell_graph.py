"""A cell drawn as a graph: four nodes, and the operation on each of its six edges."""

from functools import lru_cache
from typing import Any

import plotly.graph_objects as go

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell
from dashboard.figures.template import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    OUTLINE,
    SKY,
    new_figure,
)

OPERATION_NAMES = {
    "none": "none",
    "skip_connect": "skip",
    "nor_conv_3x3": "conv 3×3",
    "nor_conv_1x1": "conv 1×1",
    "avg_pool_3x3": "avg pool 3×3",
}
OPERATION_COLORS = {
    "none": GREY,
    "skip_connect": GREEN,
    "nor_conv_3x3": BLUE,
    "nor_conv_1x1": SKY,
    "avg_pool_3x3": ORANGE,
}
_DARK_TEXT = {"nor_conv_1x1", "avg_pool_3x3"}

NODE_POSITIONS = ((0.0, 0.0), (2.0, 2.5), (2.0, 0.95), (4.0, 0.0))
"""A drawing of the complete graph on four nodes in which no two edges cross."""
_NODE_NAMES = ("in", "1", "2", "out")
_FAINT = 0.35


@lru_cache(maxsize=256)
def cell_graph(cell: Cell) -> go.Figure:
    """The cell with its nodes, coloured edges and a legend of the operations in it.

    Edges that carry "none" or lie on no way from input to output are faint and dotted. The figure of a cell is made
    once, so it is not to be changed.
    """
    live = cell.live_edges()
    edges = list(enumerate(zip(EDGES, cell.operations, strict=True)))
    traces = [_edge_line(edge, operation, position in live) for position, (edge, operation) in edges]
    hidden = {"visible": False, "fixedrange": True}
    return new_figure(
        300,
        [*traces, nodes(), *_legend(cell)],
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        legend={"itemclick": False, "itemdoubleclick": False, "font": {"size": 12}},
        xaxis={"range": [-0.4, 4.4], **hidden},
        yaxis={"range": [-0.45, 2.9], **hidden},
        annotations=[
            annotation
            for position, (edge, operation) in edges
            for annotation in _edge_annotations(edge, operation, position in live)
        ],
    )


def _edge_line(edge: tuple[int, int], operation: str, live: bool) -> go.Scatter:
    (x0, y0), (x1, y1) = NODE_POSITIONS[edge[0]], NODE_POSITIONS[edge[1]]
    why = "" if live or operation == "none" else "<br>on no way from input to output"
    line = {"color": OPERATION_COLORS[operation], "width": 4 if live else 2, "dash": "solid" if live else "dot"}
    return go.Scatter(
        x=[x0, (x0 + x1) / 2, x1],
        y=[y0, (y0 + y1) / 2, y1],
        mode="lines",
        showlegend=False,
        opacity=1.0 if live else _FAINT,
        line=line,
        text=f"edge {edge[0]} → {edge[1]}: {operation}{why}",
        hovertemplate="%{text}<extra></extra>",
    )


def _edge_annotations(edge: tuple[int, int], operation: str, live: bool) -> list[dict[str, Any]]:
    """The head of the arrow, and the operation's name."""
    (x0, y0), (x1, y1) = NODE_POSITIONS[edge[0]], NODE_POSITIONS[edge[1]]
    color = OPERATION_COLORS[operation]
    # The head stands where the target node's circle begins.
    head = {
        "x": x1 - 0.09 * (x1 - x0),
        "y": y1 - 0.09 * (y1 - y0),
        "ax": x1 - 0.2 * (x1 - x0),
        "ay": y1 - 0.2 * (y1 - y0),
        "xref": "x",
        "yref": "y",
        "axref": "x",
        "ayref": "y",
        "arrowhead": 2,
        "arrowsize": 1.1,
        "arrowwidth": 2.5,
        "arrowcolor": color,
        "opacity": 1.0 if live else _FAINT,
        "text": "",
    }
    name = {
        "x": (x0 + x1) / 2,
        "y": (y0 + y1) / 2,
        "text": OPERATION_NAMES[operation],
        "showarrow": False,
        "bgcolor": color,
        "borderpad": 3,
        "opacity": 1.0 if live else 0.6,
        "font": {"size": 12, "color": "#10151c" if operation in _DARK_TEXT else "#ffffff"},
    }
    return [head, name]


def nodes() -> go.Scatter:
    """The trace of the four nodes of a cell."""
    return go.Scatter(
        x=[x for x, _ in NODE_POSITIONS],
        y=[y for _, y in NODE_POSITIONS],
        mode="markers+text",
        text=list(_NODE_NAMES),
        textfont={"color": "#ffffff", "size": 12},
        marker={"size": 34, "color": "#3b4652", "line": {"width": 1.5, "color": OUTLINE}},
        hovertext=["input of the cell", "node 1", "node 2", "output of the cell"],
        hoverinfo="text",
        showlegend=False,
    )


def _legend(cell: Cell) -> list[go.Scatter]:
    entries = []
    for operation in OPERATIONS:
        if operation in cell.operations:
            line = {"color": OPERATION_COLORS[operation], "width": 4, "dash": "dot" if operation == "none" else "solid"}
            name = OPERATION_NAMES[operation]
            entries.append(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=line, hoverinfo="skip"))
    return entries
