"""How searches get on: one curve a search, or the median of several seeds with its quartiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.template import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PINK,
    SKY,
    VERMILION,
    add_note,
    new_figure,
)
from dashboard.text import drawn

_COLORS = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
_DASHES = ("solid", "dash", "dot", "dashdot")
_FADED = 0.18
_MOST_POINTS = 1_000
_LOG_TICKS = [digit * 10.0**power for power in range(-2, 2) for digit in (1, 2, 5)]


@dataclass(frozen=True)
class Curve:
    """A step curve.

    Attributes:
        name: of the search or of the group of seeds.
        band: indexed by position; columns low, median and high, which are equal for a single search.
        runs: number of searches in it.
    """

    name: str
    band: pd.DataFrame
    runs: int


def search_curves(
    curves: Sequence[Curve],
    x_title: str,
    y_title: str,
    *,
    baseline: Curve | None = None,
    log_floor: float | None = None,
) -> go.Figure:
    """Step curves, with shaded quartiles where a curve stands for several seeds.

    Args:
        curves: in the order of the legend; each keeps its colour as long as those before it stay.
        x_title: of the horizontal axis, with its unit.
        y_title: of the vertical axis, with its unit.
        baseline: such as random search, in grey.
        log_floor: makes the vertical axis logarithmic; what is lower stands at this value.
    """
    figure = new_figure(height=420)
    figure.update_layout(
        xaxis_title=x_title, yaxis_title=y_title, hovermode="closest", dragmode="zoom", showlegend=True
    )
    if not any(len(curve.band) for curve in curves):
        add_note(figure, "No search has a point to draw yet.")
        return figure
    if log_floor is not None:
        figure.update_yaxes(type="log", tickvals=_LOG_TICKS, ticktext=[f"{tick:g}" for tick in _LOG_TICKS])
    figure.update_layout(uirevision=f"{x_title} {log_floor}")
    looks = zip(cycle(_COLORS), (dash for dash in _DASHES for _ in _COLORS), strict=False)
    if baseline is not None:
        _add(figure, baseline, GREY, "dot", log_floor)
    for curve, (color, dash) in zip(curves, looks, strict=False):
        if len(curve.band):
            _add(figure, curve, color, dash, log_floor)
    return figure


def _add(figure: go.Figure, curve: Curve, color: str, dash: str, floor: float | None) -> None:
    curve = replace(curve, name=drawn(curve.name), band=_thinned(curve.band))
    band = curve.band if floor is None else curve.band.clip(lower=floor)
    if not (band["low"] == band["high"]).all():
        edge = {"color": color, "width": 0, "shape": "hv"}
        shared = {"x": band.index, "mode": "lines", "line": edge, "hoverinfo": "skip", "showlegend": False}
        figure.add_trace(go.Scatter(y=band["low"], legendgroup=curve.name, **shared))
        fill = {"fill": "tonexty", "fillcolor": _faded(color)}
        figure.add_trace(go.Scatter(y=band["high"], legendgroup=curve.name, **fill, **shared))
    figure.add_trace(
        go.Scatter(
            x=band.index,
            y=band["median"],
            mode="lines+markers" if len(band) == 1 else "lines",
            name=curve.name,
            legendgroup=curve.name,
            line={"color": color, "width": 2, "shape": "hv", "dash": dash},
            customdata=curve.band[["median", "low", "high"]].to_numpy(),
            hovertemplate=_hover(curve),
        )
    )


def _thinned(band: pd.DataFrame) -> pd.DataFrame:
    """A long curve by the points where it changes, and a few between them to hover over."""
    if len(band) <= _MOST_POINTS:
        return band
    kept = (band != band.shift()).any(axis=1)
    kept.iloc[:: len(band) // _MOST_POINTS + 1] = True
    kept.iloc[-1] = True
    return band[kept]


def _hover(curve: Curve) -> str:
    text = f"<b>{curve.name}</b><br>%{{x:,.6~g}}: %{{customdata[0]:.5g}}"
    if curve.runs > 1:
        text += "<br>quartiles %{customdata[1]:.5g} to %{customdata[2]:.5g}"
    return text + "<extra></extra>"


def _faded(color: str) -> str:
    red, green, blue = (int(color[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {_FADED})"
