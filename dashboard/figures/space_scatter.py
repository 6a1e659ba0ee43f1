"""A whole space in two quantities, drawn with WebGL: tens of thousands of markers stay fluid."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.costs.constraints import Constraint
from backend.spaces.base import WORDS, Label, Words
from backend.truth.measures import Measure
from dashboard.figures.template import (
    BLUE,
    BOUND_LINE,
    GREY,
    ORANGE,
    PINK,
    VERMILION,
    add_note,
    new_figure,
)

FRONT, TRIALS, RECOMMENDED = "True Pareto front", "Trials", "Recommended trials"

_MEMBER = {"size": 4, "opacity": 0.45, "color": BLUE}
_BACKGROUND = {"size": 4, "opacity": 0.3, "color": GREY}
_FRONT = {"size": 8, "opacity": 1.0, "color": ORANGE}
TRIAL_MARKER: Final = {"size": 7, "opacity": 0.85, "color": BLUE}
RECOMMENDED_MARKER: Final = {"size": 11, "opacity": 1.0, "color": PINK, "symbol": "diamond"}
_Draw = Callable[..., go.Scattergl]
_SELECTED = {"size": 16, "opacity": 1.0, "color": VERMILION}


def space_scatter(
    table: pd.DataFrame,
    x: Measure,
    y: Measure,
    *,
    front: pd.Series[bool] | None = None,
    trials: pd.DataFrame | None = None,
    bounds: Iterable[Constraint] = (),
    selected: Label | None = None,
    words: Words = WORDS,
) -> go.Figure:
    """A scatter of every architecture whose two quantities are known.

    Args:
        table: columns ``x.sourced`` and ``y.sourced``, by index.
        x: on the horizontal axis.
        y: on the vertical axis.
        front: which no other beats in both; None draws no front.
        trials: a study's, as ``backend.analysis.regret.benchmark_cells`` gives them, drawn over the space.
        bounds: the study's constraints on ``x``, drawn as lines.
        selected: label of the one to mark.
        words: what the space calls its architectures.

    Returns:
        A figure whose markers carry their architecture's label as customdata.
    """
    figure = new_figure(height=520)
    known = table[[x.sourced, y.sourced]].dropna()
    if known.empty:
        add_note(figure, f"The table knows no {words.one} in both quantities.")
        return figure
    figure.update_layout(
        xaxis_title=axis_title(x),
        yaxis_title=axis_title(y),
        dragmode="zoom",
        # A zoom belongs to these axes; a mark to this figure.
        uirevision=f"{x.sourced} {y.sourced}",
        selectionrevision=str(selected),
        legend={"itemsizing": "constant"},
    )
    on_front = front.reindex(known.index, fill_value=False) if front is not None else None
    rest = known if on_front is None else known[~on_front]
    draw = partial(_markers, x=x, y=y, selected=selected, words=words)
    figure.add_trace(draw(rest, name=words.many.capitalize(), style=_MEMBER if trials is None else _BACKGROUND))
    if on_front is not None and on_front.any():
        _add_front(figure, known[on_front], x, y, draw)
    if trials is not None:
        _add_trials(figure, known, trials, draw)
    for bound in bounds:
        figure.add_vline(x=bound.bound, annotation_text=bound.limit, line=BOUND_LINE)
    return figure


def axis_title(measure: Measure) -> str:
    """A title of two lines: the quantity, and the release that it is from."""
    return f"{measure.label}<br><span style='font-size: 0.85em'>{measure.release}</span>"


def _add_front(figure: go.Figure, front: pd.DataFrame, x: Measure, y: Measure, draw: _Draw) -> None:
    ordered = front.sort_values([x.sourced, y.sourced], ascending=[True, y.better == x.better])
    line = {"color": ORANGE, "width": 2, "shape": "vh" if x.better == "maximize" else "hv"}
    places = {"x": _numbers(ordered, x), "y": _numbers(ordered, y)}
    # Few points: as SVG they spare the graphics card the programs that draw lines.
    figure.add_trace(go.Scatter(**places, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    figure.add_trace(draw(ordered, name=FRONT, style=_FRONT))


def _add_trials(figure: go.Figure, known: pd.DataFrame, trials: pd.DataFrame, draw: _Draw) -> None:
    there = trials[trials["index"].isin(known.index)]
    for name, style, wanted in ((TRIALS, TRIAL_MARKER, False), (RECOMMENDED, RECOMMENDED_MARKER, True)):
        some = there[there["recommended"] == wanted]
        if len(some):
            figure.add_trace(draw(known.loc[some["index"]], name=name, style=style))


def _markers(
    points: pd.DataFrame,
    *,
    x: Measure,
    y: Measure,
    name: str,
    style: dict[str, Any],
    selected: Label | None,
    words: Words,
) -> go.Scattergl:
    marked = np.flatnonzero(points.index == selected) if selected is not None else np.array([], dtype=int)
    one = words.one.capitalize()
    return go.Scattergl(
        x=_numbers(points, x),
        y=_numbers(points, y),
        mode="markers",
        name=name,
        marker=style,
        customdata=_labels(points.index),
        hovertemplate=(
            f"<b>{one} %{{customdata}}</b><br>{x.label}: %{{x:.5g}}<br>{y.label}: %{{y:.5g}}<extra>{name}</extra>"
        ),
        # The browser moves this mark to a marker that is clicked, with no new picture.
        selectedpoints=marked.tolist() if len(marked) else None,
        selected={"marker": _SELECTED},
        unselected={"marker": {"opacity": style["opacity"]}},
    )


def _labels(index: pd.Index) -> np.ndarray | list[str]:
    """As the figure carries them: indices as the graphics card takes numbers, keys as they are."""
    return index.to_numpy(dtype=np.int32) if pd.api.types.is_integer_dtype(index) else list(index)


def _numbers(points: pd.DataFrame, measure: Measure) -> np.ndarray:
    """As the graphics card takes them: half the size to send."""
    return points[measure.sourced].to_numpy(dtype=np.float32)
