"""Two quantities of a study's trials against each other, with the front of the best compromises."""

from collections.abc import Collection, Mapping, Sequence
from math import log10
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from backend.analysis.pareto import pareto_front
from backend.costs.constraints import Constraint
from backend.spaces.base import Words
from backend.spaces.truth_tasks import Direction
from dashboard.data.quantities import drawn_label, finite, quantity
from dashboard.figures.template import (
    ACCURACY_SCALE,
    BOUND_LINE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    color_axis,
    infeasible_markers,
    marker_class,
    new_figure,
    trial_keys,
)

_MUTED = {"size": 8, "opacity": 0.6}
_STRONG = {"size": 13, "opacity": 1.0}
_HEIGHT = 480
_CORNER = {"x": {"xanchor": "left", "yanchor": "top"}, "y": {"xanchor": "right", "yanchor": "bottom"}}

FRONT = "Pareto front"


def others(words: Words | None) -> str:
    """What the legend calls those that are not on the front."""
    return f"Other {(words or Words()).many}"


def pareto_scatter(
    frame: pd.DataFrame,
    x: str,
    y: str,
    *,
    directions: Mapping[str, Direction] | None = None,
    bounds: Mapping[str, Sequence[Constraint]] | None = None,
    color: str | None = None,
    selected: int | None = None,
    log: Collection[str] = (),
    words: Words | None = None,
) -> go.Figure:
    """A scatter of completed trials with the front of ``x`` and ``y`` as a step line; infeasible ones are crosses.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        x: column on the horizontal axis.
        y: column on the vertical axis.
        directions: which way is better, per column; the quantity's own direction where left out.
        bounds: constraints on columns, drawn as lines.
        color: column for the markers' colour, such as ``200:test-accuracy``; grey where unknown.
        selected: number of the trial to ring.
        log: columns on a logarithmic scale; all of their values are above 0.
        words: of the space.

    Returns:
        A figure whose markers carry ``[trial number, index]`` as customdata.
    """
    placed = frame.dropna(subset=list({x, y} & set(frame.columns)))
    shown, broken = (placed[placed["state"] == state] for state in ("complete", "infeasible"))
    if (shown.empty and broken.empty) or not {x, y} <= set(frame.columns):
        figure = new_figure(_HEIGHT, xaxis_title=drawn_label(x), yaxis_title=drawn_label(y))
        add_note(figure, "No completed trial has both quantities yet.")
        return figure
    goals = {column: (directions or {}).get(column, quantity(column).direction) for column in (x, y)}
    on_front = pareto_front(shown, goals)
    # What is infinite has no place in the chart, but counts for the front.
    shown, broken = (trials[finite(trials, (x, y))] for trials in (shown, broken))
    on_front = on_front[shown.index]
    traces = [infeasible_markers(broken, x, y, _hover(x, y))] if len(broken) else []
    front = shown[on_front].sort_values([x, y])
    traces.append(_front_line(front, x, y, goals[x]))
    for trials, name, style in ((shown[~on_front], others(words), _MUTED), (front, FRONT, _STRONG)):
        known = _known(trials, color)
        traces.append(_legend_entry(name, style, colored=bool(known.any())))
        for some, shade in ((trials[known], color), (trials[~known], None)):
            if len(some):
                traces.append(_markers(some, (x, y), shade, name, style))
    if selected is not None:
        traces.append(_ring(placed[placed["number"] == selected], x, y))
    colored = color is not None and bool(_known(shown, color).any())
    return new_figure(
        _HEIGHT,
        traces,
        xaxis=log_axis(x, log),
        yaxis=log_axis(y, log),
        **_bounds(x, y, bounds or {}, log),
        **({"coloraxis": color_axis(shown[color], drawn_label(str(color)), low=0.1, high=1)} if colored else {}),
    )


def log_axis(column: str, log: Collection[str]) -> dict[str, Any]:
    """The axis of a column, on a logarithmic scale where it is among those."""
    if column not in log:
        return {"title": {"text": drawn_label(column)}}
    return {"title": {"text": f"{drawn_label(column)}, log scale"}, "type": "log", "exponentformat": "power"}


def _known(trials: pd.DataFrame, color: str | None) -> pd.Series:
    return finite(trials, [color]) if color and color in trials else pd.Series(False, index=trials.index)


def _front_line(front: pd.DataFrame, x: str, y: str, x_direction: Direction) -> go.Scatter:
    shape = "vh" if x_direction == "maximize" else "hv"
    line = {"color": VERMILION, "width": 2, "shape": shape}
    return go.Scatter(x=front[x], y=front[y], mode="lines", line=line, hoverinfo="skip", showlegend=False)


def _markers(
    trials: pd.DataFrame, axes: tuple[str, str], color: str | None, name: str, style: dict[str, Any]
) -> go.Scatter | go.Scattergl:
    """Markers coloured by a column, or hollow and grey where its value is unknown."""
    x, y = axes
    unknown = {"color": GREY, "symbol": "circle-open"}
    fill = {"color": trials[color].to_numpy(), "coloraxis": "coloraxis"} if color else unknown
    hover = _hover(x, y)
    hover += f"<br>{drawn_label(color)}: %{{marker.color:.2f}}" if color else ""
    return marker_class(len(trials))(
        x=trials[x].to_numpy(),
        y=trials[y].to_numpy(),
        mode="markers",
        name=name,
        legendgroup=name,
        showlegend=False,
        marker={**style, **fill, "line": {"width": 1, "color": OUTLINE}},
        customdata=trial_keys(trials),
        hovertemplate=hover + "<extra></extra>",
        # Streamlit dims what is not selected; the ring says it better.
        unselected={"marker": {"opacity": style["opacity"]}},
    )


def _hover(x: str, y: str) -> str:
    return f"<b>Trial %{{customdata[0]}}</b><br>{drawn_label(x)}: %{{x:.5g}}<br>{drawn_label(y)}: %{{y:.5g}}"


def _bounds(
    x: str, y: str, bounds: Mapping[str, Sequence[Constraint]], log: Collection[str]
) -> dict[str, list[dict[str, Any]]]:
    """A line across the chart for each bound, with its words at the end."""
    lines, words = [], []
    for column, along, across in ((x, "x", "y"), (y, "y", "x")):
        for bound in bounds.get(column, ()):
            # Plotly places lines by values, but words by their logarithms.
            place = log10(bound.bound) if column in log and bound.bound > 0 else bound.bound
            whole = {f"{along}ref": along, f"{across}ref": f"{across} domain"}
            at = {f"{along}0": bound.bound, f"{along}1": bound.bound, f"{across}0": 0, f"{across}1": 1}
            lines.append({"type": "line", "line": BOUND_LINE, **at, **whole})
            words.append({"text": bound.limit, "showarrow": False, along: place, across: 1, **whole, **_CORNER[along]})
    return {"shapes": lines, "annotations": words}


def _legend_entry(name: str, style: dict[str, Any], *, colored: bool) -> go.Scatter:
    """An entry of its own: markers on a colour axis would be black in the legend."""
    look = {"color": ACCURACY_SCALE[4]} if colored else {"color": GREY, "symbol": "circle-open"}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, legendgroup=name, marker={**style, **look})


def _ring(trial: pd.DataFrame, x: str, y: str) -> go.Scatter:
    marker = {"size": 20, "symbol": "circle-open", "color": VERMILION, "line": {"width": 3}}
    return go.Scatter(x=trial[x], y=trial[y], mode="markers", marker=marker, name="Selected", hoverinfo="skip")
