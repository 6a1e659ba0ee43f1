"""A cell and its 24 neighbours: six edges by five operations, with the accuracy that each change gives."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from backend.spaces import registry
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell, Edit
from backend.truth.measures import Measure
from dashboard.figures.template import BLUE, OUTLINE, VERMILION, new_figure

_SATURATED = 1.0
"""Points of accuracy from which on a change has the full colour."""

_SCALE = ((0.0, VERMILION), (0.5, "#6b7480"), (1.0, BLUE))
_TILE = 46


def neighbour_grid(cell: Cell, accuracies: pd.Series[float], measure: Measure) -> go.Figure:
    """The cell in each of its own operations, and each neighbour in the operation that it changes.

    Args:
        cell: in the middle of the neighbourhood.
        accuracies: of all cells (%), by official index.
        measure: what the accuracies are.

    Returns:
        A figure whose tiles carry their cell's official index as customdata; colours tell what is gained or lost.
    """
    figure = new_figure(height=440)
    own = float(accuracies[cell.index])
    here = [Edit(edge, operation, cell) for edge, operation in enumerate(cell.operations)]
    figure.add_trace(_tiles(cell.neighbours(), accuracies, own))
    figure.add_trace(_own_tiles(here, own))
    figure.update_layout(showlegend=False)
    names = [registry.get().parameters[0].called(operation) for operation in OPERATIONS]
    edges = [f"{source} → {target}" for source, target in EDGES]
    fixed = {"showgrid": False, "fixedrange": True, "ticks": ""}
    heading = f"{measure.label}<br>[{measure.release}]"
    figure.update_xaxes(
        tickvals=list(range(len(names))), ticktext=names, range=[-0.6, 4.6], side="top", title=heading, **fixed
    )
    figure.update_yaxes(tickvals=list(range(len(edges))), ticktext=edges, range=[5.6, -0.6], title="Edge", **fixed)
    return figure


def _tiles(tiles: Sequence[Edit], accuracies: pd.Series[float], own: float) -> go.Scatter:
    values = [float(accuracies[tile.cell.index]) for tile in tiles]
    gains = [value - own for value in values]
    return go.Scatter(
        **_places(tiles),
        mode="markers+text",
        marker={
            "symbol": "square",
            "size": _TILE,
            "color": gains,
            "colorscale": _SCALE,
            "cmin": -_SATURATED,
            "cmax": _SATURATED,
            "opacity": 1,
        },
        text=[f"{value:.2f}<br>{gain:+.2f}" for value, gain in zip(values, gains, strict=True)],
        textfont={"color": "#ffffff", "size": 11},
        customdata=[tile.cell.index for tile in tiles],
        hovertemplate="<b>Cell %{customdata}</b>: %{y} becomes %{x}<br>accuracy, change: %{text}<extra></extra>",
        unselected={"marker": {"opacity": 1}, "textfont": {"color": "#ffffff"}},
        selected={"textfont": {"color": "#ffffff"}},
    )


def _own_tiles(tiles: Sequence[Edit], own: float) -> go.Scatter:
    return go.Scatter(
        **_places(tiles),
        mode="markers+text",
        marker={"symbol": "square-open", "size": _TILE, "color": OUTLINE, "line": {"width": 2}},
        text=[f"{own:.2f}"] * len(tiles),
        textfont={"size": 11},
        hovertemplate="This cell has %{x} on edge %{y}<extra></extra>",
    )


def _places(tiles: Sequence[Edit]) -> dict[str, list[int]]:
    return {"x": [OPERATIONS.index(tile.operation) for tile in tiles], "y": [tile.edge for tile in tiles]}
