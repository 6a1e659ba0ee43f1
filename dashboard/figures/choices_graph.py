"""The edges of a cell with the operations that a search may put on each."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS
from dashboard.figures.cell_graph import NODE_POSITIONS, OPERATION_COLORS, OPERATION_NAMES, nodes
from dashboard.figures.template import GREY, VERMILION, new_figure

_GAP = 0.055
"""Between the parallel lines of an edge, in the figure's units."""


def choices_graph(choices: Mapping[tuple[int, int], Sequence[str]]) -> go.Figure:
    """A cell whose edges have a line for each operation that they may take.

    Args:
        choices: edge → names of operations; an edge without any stands out as wrong.
    """
    figure = new_figure(height=330)
    for edge in EDGES:
        _add_edge(figure, edge, [name for name in OPERATIONS if name in choices[edge]])
    figure.add_trace(nodes())
    for operation in OPERATIONS:
        if any(operation in allowed for allowed in choices.values()):
            line = {"color": OPERATION_COLORS[operation], "width": 4, "dash": _dash(operation)}
            name = OPERATION_NAMES[operation]
            figure.add_trace(go.Scatter(x=[None], y=[None], mode="lines", name=name, line=line, hoverinfo="skip"))
    hidden = {"visible": False, "fixedrange": True}
    figure.update_layout(
        margin={"l": 0, "r": 0, "t": 56, "b": 0},
        legend={"itemclick": False, "itemdoubleclick": False, "font": {"size": 12}},
    )
    figure.update_xaxes(range=[-0.4, 4.4], **hidden)
    figure.update_yaxes(range=[-0.45, 2.9], **hidden)
    return figure


def _add_edge(figure: go.Figure, edge: tuple[int, int], allowed: Sequence[str]) -> None:
    (x0, y0), (x1, y1) = NODE_POSITIONS[edge[0]], NODE_POSITIONS[edge[1]]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    across = (-(y1 - y0) / length, (x1 - x0) / length)
    named = ", ".join(OPERATION_NAMES[name] for name in allowed) or "no operation: choose one"
    hover = f"edge {edge[0]} → {edge[1]}: {named}"
    lines = [(OPERATION_COLORS[name], _dash(name)) for name in allowed] or [(VERMILION, "dash")]
    for position, (color, dash) in enumerate(lines):
        shift = (position - (len(lines) - 1) / 2) * _GAP
        dx, dy = shift * across[0], shift * across[1]
        figure.add_trace(
            go.Scatter(
                x=[x0 + dx, (x0 + x1) / 2 + dx, x1 + dx],
                y=[y0 + dy, (y0 + y1) / 2 + dy, y1 + dy],
                mode="lines",
                showlegend=False,
                line={"color": color, "width": 3, "dash": dash},
                text=hover,
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.add_annotation(
        x=(x0 + x1) / 2,
        y=(y0 + y1) / 2,
        text=_label(allowed),
        showarrow=False,
        bgcolor=OPERATION_COLORS[allowed[0]] if len(allowed) == 1 else GREY if allowed else VERMILION,
        borderpad=3,
        font={"size": 12, "color": "#10151c"},
    )


def _label(allowed: Sequence[str]) -> str:
    if len(allowed) == 1:
        return OPERATION_NAMES[allowed[0]]
    if len(allowed) == len(OPERATIONS):
        return "any"
    return f"{len(allowed)} of {len(OPERATIONS)}" if allowed else "none chosen"


def _dash(operation: str) -> str:
    return "dot" if operation == "none" else "solid"
