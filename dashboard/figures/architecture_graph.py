"""An architecture drawn as a graph: its nodes, and what each of its edges does."""

from functools import lru_cache
from math import pi, sin
from typing import Any, Final, NamedTuple

import plotly.graph_objects as go

from backend.spaces.drawing import Drawing, DrawnEdge
from dashboard.figures.template import BLUE, GREEN, GREY, ORANGE, OUTLINE, PINK, SKY, VERMILION, new_figure

_COLORS: Final = (GREEN, BLUE, SKY, ORANGE, PINK, VERMILION)
_LIGHT: Final = {SKY, ORANGE, PINK}
"""Colours that dark text is read on."""
_FAINT: Final = 0.35
_WIDTH, _HEIGHT = 4.0, 2.5
"""Of the arc of nodes that have no places."""


class Look(NamedTuple):
    """How an operation is drawn.

    Attributes:
        name: what pages call it.
        color: of its edges.
        text: colour of its name, written on that colour.
        passes: whether it passes anything on.
    """

    name: str
    color: str
    text: str
    passes: bool

    @property
    def dash(self) -> str:
        """The kind of line."""
        return "solid" if self.passes else "dot"


@lru_cache(maxsize=64)
def looks(drawing: Drawing) -> dict[str, Look]:
    """The look of each operation by its name, in the order of the drawing."""
    named = dict(drawing.operations)
    named |= {edge.operation: edge.operation for edge in drawing.edges if edge.operation not in named}
    colors = iter(_COLORS * len(named))
    found = {}
    for operation, name in named.items():
        passes = operation != drawing.nothing
        color = next(colors) if passes else GREY
        found[operation] = Look(name, color, "#10151c" if color in _LIGHT else "#ffffff", passes)
    return found


def places(drawing: Drawing) -> tuple[tuple[float, float], ...]:
    """Positions of the nodes: on an arc from left to right, where the drawing does not say it."""
    if drawing.places:
        return drawing.places
    last = max(len(drawing.nodes) - 1, 1)
    return tuple((_WIDTH * node / last, _HEIGHT * sin(pi * node / last)) for node in range(len(drawing.nodes)))


def axes(drawing: Drawing) -> dict[str, Any]:
    """Axes that hold all nodes, and are not drawn."""
    xs, ys = zip(*places(drawing), strict=True)
    hidden = {"visible": False, "fixedrange": True}
    return {
        "xaxis": {"range": [min(xs) - 0.4, max(xs) + 0.4], **hidden},
        "yaxis": {"range": [min(ys) - 0.45, max(ys) + 0.4], **hidden},
    }


def edge_name(edge: DrawnEdge) -> str:
    """An edge in a sentence: as the drawing calls it, else by the positions of its nodes."""
    return edge.called or f"edge {edge.source} → {edge.target}"


@lru_cache(maxsize=256)
def architecture_graph(drawing: Drawing) -> go.Figure:
    """The graph with its nodes, coloured edges and a legend of the operations in it.

    Edges that pass nothing on, or lie on no path from input to output, are faint and dotted. The figure of a drawing
    is made once, so it is not to be changed.
    """
    there = {edge.operation for edge in drawing.edges}
    return new_figure(
        300,
        [
            *(_edge_line(drawing, edge) for edge in drawing.edges),
            nodes(drawing),
            *(legend_entry(look) for operation, look in looks(drawing).items() if operation in there),
        ],
        margin={"l": 0, "r": 0, "t": 32, "b": 0},
        legend={"itemclick": False, "itemdoubleclick": False, "font": {"size": 12}},
        annotations=[annotation for edge in drawing.edges for annotation in _edge_annotations(drawing, edge)],
        **axes(drawing),
    )


def nodes(drawing: Drawing) -> go.Scatter:
    """The trace of the nodes."""
    xs, ys = zip(*places(drawing), strict=True)
    return go.Scatter(
        x=xs,
        y=ys,
        mode="markers+text",
        text=list(drawing.nodes),
        textfont={"color": "#ffffff", "size": 12},
        marker={"size": 34, "color": "#3b4652", "line": {"width": 1.5, "color": OUTLINE}},
        hovertext=list(drawing.called or drawing.nodes),
        hoverinfo="text",
        showlegend=False,
    )


def legend_entry(look: Look) -> go.Scatter:
    """The entry of an operation in the legend."""
    line = {"color": look.color, "width": 4, "dash": look.dash}
    return go.Scatter(x=[None], y=[None], mode="lines", name=look.name, line=line, hoverinfo="skip")


def _edge_line(drawing: Drawing, edge: DrawnEdge) -> go.Scatter:
    (x0, y0), (x1, y1) = (places(drawing)[node] for node in (edge.source, edge.target))
    look = looks(drawing)[edge.operation]
    why = "" if edge.live or not look.passes else "<br>on no way from input to output"
    line = {"color": look.color, "width": 4 if edge.live else 2, "dash": "solid" if edge.live else "dot"}
    return go.Scatter(
        x=[x0, (x0 + x1) / 2, x1],
        y=[y0, (y0 + y1) / 2, y1],
        mode="lines",
        showlegend=False,
        opacity=1.0 if edge.live else _FAINT,
        line=line,
        text=f"{edge_name(edge)}: {edge.operation}{why}",
        hovertemplate="%{text}<extra></extra>",
    )


def _edge_annotations(drawing: Drawing, edge: DrawnEdge) -> list[dict[str, Any]]:
    """The head of the arrow, and the operation's name."""
    (x0, y0), (x1, y1) = (places(drawing)[node] for node in (edge.source, edge.target))
    look = looks(drawing)[edge.operation]
    # The head ends where the target node's circle begins.
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
        "arrowcolor": look.color,
        "opacity": 1.0 if edge.live else _FAINT,
        "text": "",
    }
    name = {
        "x": (x0 + x1) / 2,
        "y": (y0 + y1) / 2,
        "text": look.name,
        "showarrow": False,
        "bgcolor": look.color,
        "borderpad": 3,
        "opacity": 1.0 if edge.live else 0.6,
        "font": {"size": 12, "color": look.text},
    }
    return [head, name]
