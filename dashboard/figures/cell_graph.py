"""A cell drawn as a graph: four nodes, and the operation on each of its six edges."""

import plotly.graph_objects as go

from backend.cells import EDGES, OPERATIONS, Cell
from dashboard.figures.template import BLUE, GREEN, GREY, ORANGE, OUTLINE, SKY, new_figure

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

# A drawing of the complete graph on four nodes in which no two edges cross.
NODE_POSITIONS = ((0.0, 0.0), (2.0, 2.5), (2.0, 0.95), (4.0, 0.0))
_NODE_NAMES = ("in", "1", "2", "out")
_FAINT = 0.35


def cell_graph(cell: Cell) -> go.Figure:
    """The cell with its nodes, coloured edges and a legend of the operations in it.

    Edges that carry "none" or lie on no way from input to output are faint and dotted.
    """
    figure = new_figure(height=300)
    live = cell.live_edges()
    for position, (edge, operation) in enumerate(zip(EDGES, cell.operations, strict=True)):
        _add_edge(figure, edge, operation, position in live)
    _add_nodes(figure)
    _add_legend(figure, cell)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        legend={"itemclick": False, "itemdoubleclick": False, "font": {"size": 12}},
    )
    figure.update_xaxes(range=[-0.4, 4.4], **hidden)
    figure.update_yaxes(range=[-0.45, 2.9], **hidden)
    return figure


def _add_edge(figure: go.Figure, edge: tuple[int, int], operation: str, live: bool) -> None:
    (x0, y0), (x1, y1) = NODE_POSITIONS[edge[0]], NODE_POSITIONS[edge[1]]
    color = OPERATION_COLORS[operation]
    opacity = 1.0 if live else _FAINT
    why = "" if live or operation == "none" else "<br>on no way from input to output"
    figure.add_trace(
        go.Scatter(
            x=[x0, (x0 + x1) / 2, x1],
            y=[y0, (y0 + y1) / 2, y1],
            mode="lines",
            showlegend=False,
            opacity=opacity,
            line={"color": color, "width": 4 if live else 2, "dash": "solid" if live else "dot"},
            text=f"edge {edge[0]} → {edge[1]}: {operation}{why}",
            hovertemplate="%{text}<extra></extra>",
        )
    )
    # The head stands where the target node's circle begins.
    figure.add_annotation(
        x=x1 - 0.09 * (x1 - x0),
        y=y1 - 0.09 * (y1 - y0),
        ax=x1 - 0.2 * (x1 - x0),
        ay=y1 - 0.2 * (y1 - y0),
        xref="x",
        yref="y",
        axref="x",
        ayref="y",
        arrowhead=2,
        arrowsize=1.1,
        arrowwidth=2.5,
        arrowcolor=color,
        opacity=opacity,
        text="",
    )
    figure.add_annotation(
        x=(x0 + x1) / 2,
        y=(y0 + y1) / 2,
        text=OPERATION_NAMES[operation],
        showarrow=False,
        bgcolor=color,
        borderpad=3,
        opacity=1.0 if live else 0.6,
        font={"size": 12, "color": "#10151c" if operation in _DARK_TEXT else "#ffffff"},
    )


def _add_nodes(figure: go.Figure) -> None:
    figure.add_trace(
        go.Scatter(
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
    )


def _add_legend(figure: go.Figure, cell: Cell) -> None:
    for operation in OPERATIONS:
        if operation in cell.operations:
            line = {"color": OPERATION_COLORS[operation], "width": 4, "dash": "dot" if operation == "none" else "solid"}
            name = OPERATION_NAMES[operation]
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=line, hoverinfo="skip"))
