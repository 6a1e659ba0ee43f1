"""A proxy against true accuracy, or against another proxy, a marker an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Label, Words
from dashboard.figures.axis_scales import Scale, scaled
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
"""From so many markers on the browser draws with the graphics card, which has no shapes to style but stays fluid."""


def proxy_scatter(
    points: pd.DataFrame,
    x: str,
    y: str,
    *,
    x_scale: Scale = "auto",
    y_scale: Scale = "linear",
    color: str | None = None,
    shades: Mapping[str, str] | None = None,
    selected: Label | None = None,
    words: Words = WORDS,
) -> go.Figure:
    """A scatter of the architectures whose two quantities are known.

    Args:
        points: by label; its columns are called as their axes are.
        x: column on the horizontal axis.
        y: column on the vertical axis.
        x_scale: of the horizontal axis.
        y_scale: of the vertical axis.
        color: column for the markers' colour; an ordered categorical gets an entry a group in the legend.
        shades: colours of groups by name; the others take those of a sequential scale.
        selected: label of the architecture to ring.
        words: what the space calls its architectures.

    Returns:
        A figure whose markers carry their architecture's label first in their customdata.
    """
    figure = new_figure(height=480)
    known = points.dropna(subset=[x, y]).replace([np.inf, -np.inf], np.nan).dropna(subset=[x, y])
    if known.empty:
        add_note(figure, f"No {words.one} has both quantities.")
        return figure
    horizontal, vertical = scaled(known[x], drawn(x), x_scale), scaled(known[y], drawn(y), y_scale)
    figure.update_xaxes(title=horizontal.title, **horizontal.layout)
    figure.update_yaxes(title=vertical.title, **vertical.layout)
    # A zoom belongs to these axes.
    figure.update_layout(uirevision=f"{horizontal.title} {vertical.title}", dragmode="zoom")
    figure.update_layout(legend={"itemsizing": "constant", "title": {"text": drawn(color or "")}})
    places = pd.DataFrame({"x": horizontal.positions, "y": vertical.positions})
    for name, group, marker in _looks(known, color, shades or {}, words):
        columns = x, y, color
        figure.add_trace(_markers(known.loc[group], places.loc[group], columns, name, marker, len(known), words))
    if color and not _is_grouped(known[color]):
        figure.update_layout(coloraxis=color_axis(known[color], drawn(color), low=0.05, high=0.95))
    if selected in known.index:
        figure.add_trace(_ring(places.loc[[selected]]))
    return figure


def _is_grouped(values: pd.Series) -> bool:
    return isinstance(values.dtype, pd.CategoricalDtype)


def _looks(
    points: pd.DataFrame, color: str | None, shades: Mapping[str, str], words: Words
) -> list[tuple[str, pd.Index, dict[str, object]]]:
    """Name, labels and marker of each trace."""
    many = words.many.capitalize()
    size = 8 if len(points) < WEBGL_FROM else 4
    style: dict[str, object] = {"size": size, "opacity": 0.75 if len(points) < WEBGL_FROM else 0.5}
    if color is None:
        return [(many, points.index, {**style, "color": BLUE})]
    if not _is_grouped(points[color]):
        known = points[color].notna()
        shaded = {**style, "color": points.loc[known, color], "coloraxis": "coloraxis"}
        unknown = {**style, "color": GREY, "symbol": "circle-open"}
        looks = [(many, points.index[known], shaded), (f"{drawn(color)} unknown", points.index[~known], unknown)]
        return [look for look in looks if len(look[1])]
    groups = points[color].cat.categories
    colors = {**dict(zip(groups, _shades(len(groups)), strict=True)), **shades}
    looks = [
        (drawn(str(group)), points.index[points[color] == group], {**style, "color": colors[group]}) for group in groups
    ]
    return [look for look in looks if len(look[1])]


def _shades(number: int) -> list[str]:
    """So many colours of the sequential scale, far apart."""
    if number == 1:
        return [ACCURACY_SCALE[0]]
    places = np.linspace(0, len(ACCURACY_SCALE) - 1, number)
    return [ACCURACY_SCALE[round(place)] for place in places]


def _markers(
    points: pd.DataFrame,
    places: pd.DataFrame,
    columns: tuple[str, str, str | None],
    name: str,
    marker: dict[str, object],
    total: int,
    words: Words,
) -> go.Scatter | go.Scattergl:
    x, y, color = columns
    kind = go.Scattergl if total >= WEBGL_FROM else go.Scatter
    # Numbers alone travel as they are in memory; keys make it an array of objects.
    shown = [points.index.to_numpy(), points[x].to_numpy(float), points[y].to_numpy(float)]
    hover = (
        f"<b>{words.one.capitalize()} %{{customdata[0]}}</b><br>{drawn(x)}: %{{customdata[1]:.5g}}"
        f"<br>{drawn(y)}: %{{customdata[2]:.5g}}"
    )
    if color and not _is_grouped(points[color]):
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
        customdata=np.column_stack(
            [column.astype(object) for column in shown] if not pd.api.types.is_numeric_dtype(points.index) else shown
        ),
        hovertemplate=hover + "<extra></extra>",
        unselected={"marker": {"opacity": marker["opacity"]}},
    )


def _ring(place: pd.DataFrame) -> go.Scatter:
    marker = {"size": 20, "symbol": "circle-open", "color": VERMILION, "line": {"width": 3}}
    return go.Scatter(
        x=place["x"], y=place["y"], mode="markers", marker=marker, name="Selected", showlegend=False, hoverinfo="skip"
    )
