"""A proxy against true accuracy, or against another proxy, a marker a cell."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.axis_scales import Scale, scaled
from dashboard.figures.cell_graph import OPERATION_COLORS
from dashboard.figures.template import (
    ACCURACY_SCALE,
    BLUE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    color_axis,
    new_figure,
)
from dashboard.text import drawn

WEBGL_FROM: Final = 1_000
"""From so many cells on the browser draws with the graphics card, which has no shapes to style but stays fluid."""


def proxy_scatter(
    cells: pd.DataFrame,
    x: str,
    y: str,
    *,
    x_scale: Scale = "auto",
    y_scale: Scale = "linear",
    color: str | None = None,
    selected: int | None = None,
) -> go.Figure:
    """A scatter of the cells whose two quantities are known.

    Args:
        cells: indexed by official index; its columns are called as their axes are.
        x: column on the horizontal axis.
        y: column on the vertical axis.
        x_scale: of the horizontal axis.
        y_scale: of the vertical axis.
        color: column for the markers' colour; an ordered categorical gets an entry a group in the legend.
        selected: official index of the cell to ring.

    Returns:
        A figure whose markers carry their cell's official index first in their customdata.
    """
    figure = new_figure(height=480)
    known = cells.dropna(subset=[x, y]).replace([np.inf, -np.inf], np.nan).dropna(subset=[x, y])
    if known.empty:
        add_note(figure, "No cell has both quantities.")
        return figure
    horizontal, vertical = scaled(known[x], drawn(x), x_scale), scaled(known[y], drawn(y), y_scale)
    figure.update_xaxes(title=horizontal.title, **horizontal.layout)
    figure.update_yaxes(title=vertical.title, **vertical.layout)
    # A zoom belongs to these axes.
    figure.update_layout(uirevision=f"{horizontal.title} {vertical.title}", dragmode="zoom")
    figure.update_layout(legend={"itemsizing": "constant", "title": {"text": drawn(color or "")}})
    places = pd.DataFrame({"x": horizontal.positions, "y": vertical.positions})
    for name, group, marker in _looks(known, color):
        figure.add_trace(_markers(known.loc[group], places.loc[group], (x, y, color), name, marker, len(known)))
    if color and not _is_grouped(known[color]):
        figure.update_layout(coloraxis=color_axis(known[color], drawn(color), low=0.05, high=0.95))
    if selected in known.index:
        figure.add_trace(_ring(places.loc[[selected]]))
    return figure


def _is_grouped(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _looks(cells: pd.DataFrame, color: str | None) -> list[tuple[str, pd.Index, dict[str, object]]]:
    """Name, cells and marker of each trace."""
    size = 8 if len(cells) < WEBGL_FROM else 4
    style: dict[str, object] = {"size": size, "opacity": 0.75 if len(cells) < WEBGL_FROM else 0.5}
    if color is None:
        return [("Cells", cells.index, {**style, "color": BLUE})]
    if not _is_grouped(cells[color]):
        known = cells[color].notna()
        shaded = {**style, "color": cells.loc[known, color], "coloraxis": "coloraxis"}
        unknown = {**style, "color": GREY, "symbol": "circle-open"}
        looks = [("Cells", cells.index[known], shaded), (f"{drawn(color)} unknown", cells.index[~known], unknown)]
        return [look for look in looks if len(look[1])]
    groups = cells[color].cat.categories
    shades = dict(zip(groups, _shades(len(groups)), strict=True)) | OPERATION_COLORS
    looks = [
        (drawn(str(group)), cells.index[cells[color] == group], {**style, "color": shades[group]}) for group in groups
    ]
    return [look for look in looks if len(look[1])]


def _shades(number: int) -> list[str]:
    """So many colours of the sequential scale, far apart."""
    if number == 1:
        return [ACCURACY_SCALE[0]]
    places = np.linspace(0, len(ACCURACY_SCALE) - 1, number)
    return [ACCURACY_SCALE[round(place)] for place in places]


def _markers(
    cells: pd.DataFrame,
    places: pd.DataFrame,
    columns: tuple[str, str, str | None],
    name: str,
    marker: dict[str, object],
    total: int,
) -> go.Scatter | go.Scattergl:
    x, y, color = columns
    kind = go.Scattergl if total >= WEBGL_FROM else go.Scatter
    shown = [cells.index.to_numpy(), cells[x].to_numpy(float), cells[y].to_numpy(float)]
    hover = (
        f"<b>Cell %{{customdata[0]}}</b><br>{drawn(x)}: %{{customdata[1]:.5g}}<br>{drawn(y)}: %{{customdata[2]:.5g}}"
    )
    if color and not _is_grouped(cells[color]):
        hover += f"<br>{drawn(color)}: %{{marker.color:.5g}}"
    elif color:
        hover += f"<br>{drawn(color)}: {name}"
    line = {} if total >= WEBGL_FROM else {"line": {"width": 1, "color": OUTLINE}}
    return kind(
        x=places["x"].to_numpy(float),
        y=places["y"].to_numpy(float),
        mode="markers",
        name=name,
        showlegend=bool(color),
        marker={**marker, **line},
        customdata=np.column_stack(shown),
        hovertemplate=hover + "<extra></extra>",
        unselected={"marker": {"opacity": marker["opacity"]}},
    )


def _ring(place: pd.DataFrame) -> go.Scatter:
    marker = {"size": 20, "symbol": "circle-open", "color": VERMILION, "line": {"width": 3}}
    return go.Scatter(
        x=place["x"], y=place["y"], mode="markers", marker=marker, name="Selected", showlegend=False, hoverinfo="skip"
    )
