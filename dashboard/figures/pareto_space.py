"""Three quantities of a study's trials in a space to turn, with those that no other beats in all three."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.analysis.pareto import pareto_front
from backend.spaces.base import Words
from backend.spaces.truth_tasks import Direction
from dashboard.data.quantities import drawn_label, finite, quantity
from dashboard.figures.pareto import FRONT, log_axis, others
from dashboard.figures.template import (
    ACCURACY_SCALE,
    GREY,
    GRID,
    VERMILION,
    add_note,
    color_axis,
    new_figure,
)

_MUTED: dict[str, Any] = {"size": 2.5, "opacity": 0.4}
_STRONG: dict[str, Any] = {"size": 5, "opacity": 1.0}


def pareto_space(
    frame: pd.DataFrame,
    x: str,
    y: str,
    z: str,
    *,
    directions: Mapping[str, Direction] | None = None,
    bounds: object = None,
    color: str | None = None,
    selected: int | None = None,
    log: Collection[str] = (),
    words: Words | None = None,
) -> go.Figure:
    """A scatter in three dimensions of the completed trials; arguments as of ``pareto_scatter``, bounds are not drawn.

    Returns:
        A figure whose markers carry the trial's number as customdata.
    """
    del bounds
    figure = new_figure(height=560)
    quantities = (x, y, z)
    shown = frame[frame["state"] == "complete"]
    shown = shown.dropna(subset=[column for column in quantities if column in frame])
    if shown.empty or not set(quantities) <= set(frame.columns):
        add_note(figure, "No completed trial has all three quantities yet.")
        return figure
    goals = {column: (directions or {}).get(column, quantity(column).direction) for column in quantities}
    on_front = pareto_front(shown, goals)
    # What is infinite has no place in the chart, but counts for the front.
    shown = shown[finite(shown, quantities)]
    on_front = on_front[shown.index]
    for name, trials in ((others(words), shown[~on_front]), (FRONT, shown[on_front])):
        if len(trials):
            figure.add_trace(_markers(trials, quantities, name, color))
            figure.add_trace(_legend_entry(name))
    ringed = shown[shown["number"] == selected]
    if len(ringed):
        marker = {"size": 14, "symbol": "circle-open", "color": VERMILION, "line": {"width": 4}}
        figure.add_trace(
            go.Scatter3d(
                **_places(ringed, quantities), mode="markers", marker=marker, name="Selected", hoverinfo="skip"
            )
        )
    if color and color in shown and finite(shown, [color]).any():
        figure.update_layout(coloraxis=color_axis(shown[color], drawn_label(color), low=0.1, high=1))
        figure.update_layout(coloraxis_colorbar_y=-0.05)
    axis = {"gridcolor": GRID, "zerolinecolor": GRID, "showbackground": False, "color": GREY}
    figure.update_layout(
        scene={
            f"{name}axis": {**log_axis(column, log), **axis} for name, column in zip("xyz", quantities, strict=True)
        },
        dragmode="turntable",
        legend={"itemsizing": "constant"},
    )
    return figure


def _markers(trials: pd.DataFrame, quantities: tuple[str, str, str], name: str, color: str | None) -> go.Scatter3d:
    known = color is not None and color in trials and bool(finite(trials, [color]).any())
    shade: dict[str, Any] = {"color": trials[color], "coloraxis": "coloraxis"} if known else _plain(name)
    lines = "<br>".join(
        f"{drawn_label(column)}: %{{{axis}:.5g}}" for axis, column in zip("xyz", quantities, strict=True)
    )
    return go.Scatter3d(
        **_places(trials, quantities),
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=False,
        marker={**_look(name), **_symbol(name), **shade},
        customdata=trials["number"].to_numpy(dtype=np.int32),
        hovertemplate=f"<b>Trial %{{customdata}}</b><br>{lines}<extra>{name}</extra>",
    )


def _legend_entry(name: str) -> go.Scatter3d:
    """An entry of its own: markers on a colour axis would be black in the legend."""
    nowhere: dict[str, list[None]] = {"x": [None], "y": [None], "z": [None]}
    look = {**_look(name), **_symbol(name), **_plain(name), "opacity": 1.0}
    return go.Scatter3d(**nowhere, mode="markers", name=name, legendgroup=name, marker=look)


def _look(name: str) -> dict[str, Any]:
    return _STRONG if name == FRONT else _MUTED


def _plain(name: str) -> dict[str, str]:
    return {"color": ACCURACY_SCALE[4] if name == FRONT else GREY}


def _symbol(name: str) -> dict[str, str]:
    return {"symbol": "diamond" if name == FRONT else "circle"}


def _places(trials: pd.DataFrame, quantities: tuple[str, str, str]) -> dict[str, Any]:
    return {axis: trials[column].to_numpy(dtype=np.float32) for axis, column in zip("xyz", quantities, strict=True)}
