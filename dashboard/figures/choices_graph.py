"""The edges of a drawing with the operations that a search may put on each."""

from collections.abc import Mapping, Sequence
from typing import Final

import plotly.graph_objects as go

from backend.spaces.drawing import Drawing, DrawnEdge
from dashboard.figures.architecture_graph import Look, axes, edge_name, legend_entry, looks, nodes, places
from dashboard.figures.template import GREY, VERMILION, new_figure

_GAP: Final = 0.055
"""Between the parallel lines of an edge, in the figure's units."""


def choices_graph(drawing: Drawing, choices: Mapping[str, Sequence[str]]) -> go.Figure:
    """A graph whose edges have a line for each operation that they may take.

    Args:
        drawing: of any architecture of the space.
        choices: names of operations by the parameter that chooses among them; an edge without any stands out as wrong.
    """
    known = looks(drawing)
    figure = new_figure(
        330,
        margin={"l": 0, "r": 0, "t": 56, "b": 0},
        legend={"itemclick": False, "itemdoubleclick": False, "font": {"size": 12}},
        **axes(drawing),
    )
    for edge in drawing.edges:
        allowed = [look for operation, look in known.items() if operation in choices.get(edge.parameter, ())]
        _add_edge(figure, drawing, edge, allowed)
    figure.add_trace(nodes(drawing))
    used = {operation for allowed in choices.values() for operation in allowed}
    figure.add_traces([legend_entry(look) for operation, look in known.items() if operation in used])
    return figure


def _add_edge(figure: go.Figure, drawing: Drawing, edge: DrawnEdge, allowed: Sequence[Look]) -> None:
    (x0, y0), (x1, y1) = (places(drawing)[node] for node in (edge.source, edge.target))
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    across = (-(y1 - y0) / length, (x1 - x0) / length)
    named = ", ".join(look.name for look in allowed) or "no operation: choose one"
    lines = [(look.color, look.dash) for look in allowed] or [(VERMILION, "dash")]
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
                text=f"{edge_name(edge)}: {named}",
                hovertemplate="%{text}<extra></extra>",
            )
        )
    figure.add_annotation(
        x=(x0 + x1) / 2,
        y=(y0 + y1) / 2,
        text=_label(allowed, len(looks(drawing))),
        showarrow=False,
        bgcolor=allowed[0].color if len(allowed) == 1 else GREY if allowed else VERMILION,
        borderpad=3,
        font={"size": 12, "color": "#10151c"},
    )


def _label(allowed: Sequence[Look], every: int) -> str:
    if len(allowed) == 1:
        return allowed[0].name
    if len(allowed) == every:
        return "any"
    return f"{len(allowed)} of {every}" if allowed else "none chosen"
