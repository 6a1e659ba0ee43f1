"""Predicted against true accuracy, a marker a cell."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.proxy_scatter import WEBGL_FROM
from dashboard.figures.template import (
    BLUE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    new_figure,
)

_RING = 15


def predictions(
    groups: dict[str, pd.DataFrame],
    *,
    is_accuracy: bool,
    target: str,
    selected: int | None = None,
    says: str | None = None,
) -> go.Figure:
    """A scatter with the line where prediction and truth are equal.

    Args:
        groups: by what they are, the last on top: frames indexed by official index with predicted and accuracy (%).
        is_accuracy: whether predictions are accuracies; if not, there is no such line.
        target: title of the vertical axis.
        selected: official index of the cell to ring.
        says: title of the horizontal axis; None takes that of the predictions.

    Returns:
        A figure whose markers carry their cell's official index as customdata.
    """
    figure = new_figure(height=480)
    known = {name: cells.dropna() for name, cells in groups.items()}
    points = pd.concat(known.values()) if known else pd.DataFrame(columns=["predicted", "accuracy"])
    if points.empty:
        add_note(figure, "No cell has both a prediction and a true accuracy.")
        return figure
    colors = [GREY, BLUE][-len(known) :]
    for (name, cells), color in zip(known.items(), colors, strict=True):
        figure.add_trace(_markers(cells, name, color))
    if is_accuracy:
        low, high = points["accuracy"].quantile(0.005), points["accuracy"].max() + 0.5
        line = {"color": OUTLINE, "width": 1.5, "dash": "dot"}
        figure.add_shape(type="line", x0=low, y0=low, x1=high, y1=high, line=line, layer="below")
    last = list(known.values())[-1]
    if selected in last.index:
        figure.add_trace(_ring(last.loc[[selected]]))
    says = says or ("Predicted test accuracy (%)" if is_accuracy else "Sum of log ranks (0 is the most)")
    figure.update_xaxes(title=says)
    figure.update_yaxes(title=target)
    figure.update_layout(dragmode="zoom", uirevision=f"{says} {list(groups)}")
    return figure


def _markers(cells: pd.DataFrame, name: str, color: str) -> go.Scatter | go.Scattergl:
    kind = go.Scattergl if len(cells) >= WEBGL_FROM else go.Scatter
    size = 4 if len(cells) >= WEBGL_FROM else 8
    return kind(
        x=cells["predicted"],
        y=cells["accuracy"],
        mode="markers",
        name=name,
        marker={"color": color, "size": size, "opacity": 0.45 if color == GREY or size == 4 else 0.8},
        customdata=cells.index.to_numpy().reshape(-1, 1),
        hovertemplate="Cell %{customdata[0]:,}<br>predicted %{x:.2f}<br>true %{y:.2f} %<extra></extra>",
        unselected={"marker": {"opacity": 0.45}},
    )


def _ring(cell: pd.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=cell["predicted"],
        y=cell["accuracy"],
        mode="markers",
        marker={"symbol": "circle-open", "size": _RING, "color": VERMILION, "line": {"width": 3}},
        hoverinfo="skip",
        showlegend=False,
    )
