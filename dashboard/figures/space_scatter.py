"""All cells of the space in two quantities, drawn with WebGL: 15,625 markers stay fluid."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.costs.constraints import Constraint
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

CELLS, FRONT, TRIALS, RECOMMENDED = "Cells", "True Pareto front", "Trials", "Recommended trials"

_CELL = {"size": 4, "opacity": 0.45, "color": BLUE}
_BACKGROUND = {"size": 4, "opacity": 0.3, "color": GREY}
_FRONT = {"size": 8, "opacity": 1.0, "color": ORANGE}
TRIAL_MARKER: Final = {"size": 7, "opacity": 0.85, "color": BLUE}
RECOMMENDED_MARKER: Final = {"size": 11, "opacity": 1.0, "color": PINK, "symbol": "diamond"}
_SELECTED = {"size": 16, "opacity": 1.0, "color": VERMILION}


def space_scatter(
    table: pd.DataFrame,
    x: Measure,
    y: Measure,
    *,
    front: pd.Series[bool] | None = None,
    trials: pd.DataFrame | None = None,
    bounds: Iterable[Constraint] = (),
    selected: int | None = None,
) -> go.Figure:
    """A scatter of every cell whose two quantities are known.

    Args:
        table: columns ``x.sourced`` and ``y.sourced``, by official index.
        x: on the horizontal axis.
        y: on the vertical axis.
        front: which cells no other beats in both; None draws no front.
        trials: a study's cells, as ``backend.analysis.regret.benchmark_cells`` gives them, drawn over the space.
        bounds: the study's constraints on ``x``, drawn as lines.
        selected: official index of the cell to mark.

    Returns:
        A figure whose markers carry their cell's official index as customdata.
    """
    figure = new_figure(height=520)
    known = table[[x.sourced, y.sourced]].dropna()
    if known.empty:
        add_note(figure, "The table knows no cell in both quantities.")
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
    figure.add_trace(_markers(rest, x, y, CELLS, _CELL if trials is None else _BACKGROUND, selected))
    if on_front is not None and on_front.any():
        _add_front(figure, known[on_front], x, y, selected)
    if trials is not None:
        _add_trials(figure, known, trials, x, y, selected)
    for bound in bounds:
        figure.add_vline(x=bound.bound, annotation_text=bound.limit, line=BOUND_LINE)
    return figure


def axis_title(measure: Measure) -> str:
    """A title of two lines: the quantity, and the release that it is from."""
    return f"{measure.label}<br><span style='font-size: 0.85em'>{measure.release}</span>"


def _add_front(figure: go.Figure, cells: pd.DataFrame, x: Measure, y: Measure, selected: int | None) -> None:
    ordered = cells.sort_values([x.sourced, y.sourced], ascending=[True, y.better == x.better])
    line = {"color": ORANGE, "width": 2, "shape": "vh" if x.better == "maximize" else "hv"}
    places = {"x": _numbers(ordered, x), "y": _numbers(ordered, y)}
    # Few points: as SVG they spare the graphics card the programs that draw lines.
    figure.add_trace(go.Scatter(**places, mode="lines", line=line, hoverinfo="skip", showlegend=False))
    figure.add_trace(_markers(ordered, x, y, FRONT, _FRONT, selected))


def _add_trials(
    figure: go.Figure, known: pd.DataFrame, trials: pd.DataFrame, x: Measure, y: Measure, selected: int | None
) -> None:
    there = trials[trials["index"].isin(known.index)]
    for name, style, wanted in ((TRIALS, TRIAL_MARKER, False), (RECOMMENDED, RECOMMENDED_MARKER, True)):
        some = there[there["recommended"] == wanted]
        if len(some):
            figure.add_trace(_markers(known.loc[some["index"]], x, y, name, style, selected))


def _markers(
    cells: pd.DataFrame, x: Measure, y: Measure, name: str, style: dict[str, Any], selected: int | None
) -> go.Scattergl:
    marked = np.flatnonzero(cells.index == selected) if selected is not None else np.array([], dtype=int)
    return go.Scattergl(
        x=_numbers(cells, x),
        y=_numbers(cells, y),
        mode="markers",
        name=name,
        marker=style,
        customdata=cells.index.to_numpy(dtype=np.int16),
        hovertemplate=(
            f"<b>Cell %{{customdata}}</b><br>{x.label}: %{{x:.5g}}<br>{y.label}: %{{y:.5g}}<extra>{name}</extra>"
        ),
        # The browser moves this mark to a cell that is clicked, with no new picture.
        selectedpoints=marked.tolist() if len(marked) else None,
        selected={"marker": _SELECTED},
        unselected={"marker": {"opacity": style["opacity"]}},
    )


def _numbers(cells: pd.DataFrame, measure: Measure) -> np.ndarray:
    """As the graphics card takes them: half the size to send."""
    return cells[measure.sourced].to_numpy(dtype=np.float32)
