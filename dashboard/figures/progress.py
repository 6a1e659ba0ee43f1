"""How a quantity develops over a study's trials."""

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from backend.costs.constraints import Constraint
from backend.spaces.base import Words
from backend.spaces.truth_tasks import Direction
from dashboard.data.quantities import drawn_label, finite
from dashboard.figures.template import (
    BLUE,
    BOUND_LINE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    infeasible_markers,
    marker_class,
    new_figure,
    trial_keys,
)

BEST = "Best so far"
_HEIGHT = 320


def progress_chart(
    frame: pd.DataFrame,
    column: str,
    direction: Direction,
    *,
    optimum: float | None = None,
    allowed: float | None = None,
    bounds: Iterable[Constraint] = (),
    asked: int | None = None,
    words: Words | None = None,
) -> go.Figure:
    """A quantity by trial number, with the best feasible so far as a step line.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        column: the quantity; infinite values are not drawn, and are not the best.
        direction: which way is better.
        optimum: the best value of the whole space, drawn as a level, where it is known.
        allowed: the best value of what the search allows, drawn as a level where it is another.
        bounds: constraints on the quantity, drawn as levels.
        asked: number of trials asked for; the axis reaches that far, so that a live chart fills.
        words: of the space.

    Returns:
        A figure whose markers carry ``[trial number, index]`` as customdata.
    """
    one = (words or Words()).one
    known = frame[finite(frame, [column])] if column in frame else frame.iloc[:0]
    x_axis: dict[str, Any] = {"title": {"text": "Trial"}}
    if asked:
        last = int(frame["number"].max()) if len(frame) else 0
        x_axis["range"] = [-0.5, max(asked, last + 1)]
    axes: dict[str, Any] = {"xaxis": x_axis, "yaxis_title": drawn_label(column)}
    if known.empty:
        figure = new_figure(_HEIGHT, **axes)
        infinite = column in frame and bool(frame[column].notna().any())
        add_note(figure, "All values are infinite." if infinite else f"Values appear here with the first scored {one}.")
        return figure
    broken = known[known["state"] == "infeasible"]
    figure = new_figure(
        _HEIGHT,
        [*_trials(known, column, broken, one), _best_line(known.drop(index=broken.index), column, direction)],
        **axes,
    )
    for bound in bounds:
        figure.add_hline(y=bound.bound, line=BOUND_LINE, annotation_text=bound.limit)
    if optimum is not None:
        _add_level(figure, optimum, "Best of space", "dot")
        if allowed is not None and allowed != optimum:
            _add_level(figure, allowed, "Best allowed", "dashdot")
    return figure


def _trials(known: pd.DataFrame, column: str, broken: pd.DataFrame, one: str) -> Iterator[go.Scatter | go.Scattergl]:
    """The markers, by what became of the trials."""
    name = f"Distinct {one}" if "arch" in known else "Trial"
    yield _markers(known[known["state"] == "complete"], column, name, BLUE, "circle")
    repeats = known[known["state"] == "repeat"]
    if len(repeats):
        yield _markers(repeats, column, f"Repeated {one}", GREY, "circle-open")
    if len(broken):
        yield infeasible_markers(broken, "number", column, _hover(column))


def _add_level(figure: go.Figure, value: float, words: str, dash: str) -> None:
    """A level that the legend names, in few words: beside its line they would cover the markers there."""
    figure.add_hline(y=value, line={"dash": dash, "color": OUTLINE}, name=f"{words}: {value:.2f}", showlegend=True)


def _markers(trials: pd.DataFrame, column: str, name: str, color: str, symbol: str) -> go.Scatter | go.Scattergl:
    return marker_class(len(trials))(
        x=trials["number"].to_numpy(),
        y=trials[column].to_numpy(),
        mode="markers",
        name=name,
        marker={"color": color, "symbol": symbol, "size": 7, "opacity": 0.8},
        customdata=trial_keys(trials),
        hovertemplate=f"{_hover(column)}<extra></extra>",
        unselected={"marker": {"opacity": 0.8}},
    )


def _hover(column: str) -> str:
    return f"<b>Trial %{{x}}</b><br>{drawn_label(column)}: %{{y:.5g}}"


def _best_line(known: pd.DataFrame, column: str, direction: Direction) -> go.Scatter | go.Scattergl:
    best = known[column].cummax() if direction == "maximize" else known[column].cummin()
    line = {"shape": "hv", "color": VERMILION, "width": 2}
    return marker_class(len(known))(
        x=known["number"].to_numpy(), y=best.to_numpy(), mode="lines", name=BEST, line=line, hoverinfo="skip"
    )
