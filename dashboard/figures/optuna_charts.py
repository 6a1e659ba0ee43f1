"""Optuna's own charts in the common look, for parameters and values of any study.

Optuna draws names as they are, and Plotly reads markup in them: every text of a figure is escaped here.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import optuna
import plotly.graph_objects as go
from optuna import visualization
from optuna.distributions import CategoricalDistribution
from optuna.trial import FrozenTrial, TrialState

from dashboard.figures.template import (
    ACCURACY_SCALE,
    BLUE,
    GREEN,
    GREY,
    OUTLINE,
    SKY,
    TEMPLATE,
    VERMILION,
    add_note,
    new_figure,
)
from dashboard.text import drawn

_HEIGHT: Final = 380
_TALL: Final = 480
_MOST_LINES: Final = 200
MOST_BARS: Final = 1_000
_OUR_OWN: Final = frozenset({"hovertemplate", "type", "mode", "colorscale", "symbol", "dash", "anchor", "matches"})
"""Properties whose texts are Optuna's or Plotly's, never a study's."""

# A line a trial that has no value would fill the server's log: the cards say what is drawn.
logging.getLogger("optuna.visualization").setLevel(logging.ERROR)

Values = Mapping[int, float]
"""A quantity by number of the trial; trials without one are left out."""


def slices(study: optuna.Study, parameters: Sequence[str], values: Values, title: str) -> go.Figure:
    """A quantity against each parameter, a chart each; the colour is the number of the trial.

    Args:
        study: whose trials are drawn.
        parameters: of the study, at least one.
        values: of the quantity.
        title: what it is called.

    Returns:
        A figure whose markers carry ``[trial number]`` as customdata.
    """
    figure = _drawn(lambda: visualization.plot_slice(study, list(parameters), **_target(values, title)))
    for trace in figure.data:
        # Optuna colours by the trial's number: it is all that tells which marker is which.
        trace.customdata = np.asarray(trace.marker.color, dtype=int).reshape(-1, 1)
        trace.marker.colorscale = ACCURACY_SCALE
        trace.marker.line = {"width": 0.5, "color": OUTLINE}
        trace.hovertemplate = "<b>Trial %{customdata[0]}</b><br>%{x}: %{y:.5g}<extra></extra>"
    return _styled(figure, _HEIGHT)


def contour(study: optuna.Study, pair: tuple[str, str], values: Values, title: str) -> go.Figure:
    """A quantity over two parameters, interpolated between the trials, which are marked.

    Args:
        study: whose trials are drawn.
        pair: two different parameters.
        values: of the quantity.
        title: what it is called.
    """
    figure = _drawn(lambda: visualization.plot_contour(study, list(pair), **_target(values, title)))
    figure.update_traces(colorscale=ACCURACY_SCALE, reversescale=False, selector={"type": "contour"})
    figure.update_traces(marker={"color": GREY, "line": {"width": 0.5, "color": OUTLINE}}, selector={"type": "scatter"})
    return _styled(figure, _TALL)


def rank(trials: Sequence[FrozenTrial], pair: tuple[str, str], values: Values, title: str) -> go.Figure:
    """The rank of a quantity over two parameters: outliers take no colours from the others.

    Optuna's own chart ends with an error where a trial has no value.

    Args:
        trials: that are drawn, as far as they have both parameters and a value.
        pair: two different parameters.
        values: of the quantity.
        title: what it is called.

    Returns:
        A figure whose markers carry ``[trial number]`` as customdata.
    """
    known = [trial for trial in trials if trial.number in values and all(name in trial.params for name in pair)]
    order = np.array([values[trial.number] for trial in known])
    places = np.unique(order, return_inverse=True)[1]
    x_name, y_name = pair
    axes = {
        axis: {"title": {"text": drawn(name)}, "type": _axis_type(known, name)}
        for axis, name in (("xaxis", x_name), ("yaxis", y_name))
    }
    bar = {"title": {"text": drawn(title)}, "tickvals": [0, 0.5, 1], "ticktext": ["lowest", "middle", "highest"]}
    marker = {
        "color": places / max(places.max(initial=0), 1),
        "colorscale": ACCURACY_SCALE,
        "colorbar": bar,
        "size": 8,
        "line": {"width": 0.5, "color": OUTLINE},
    }
    scatter = go.Scatter(
        x=[_shown(trial.params[x_name]) for trial in known],
        y=[_shown(trial.params[y_name]) for trial in known],
        mode="markers",
        marker=marker,
        customdata=[[trial.number, values[trial.number]] for trial in known],
        hovertemplate="<b>Trial %{customdata[0]}</b><br>%{x}, %{y}: %{customdata[1]:.5g}<extra></extra>",
    )
    return new_figure(_TALL, [scatter], **axes)


def _axis_type(trials: Sequence[FrozenTrial], name: str) -> str:
    kinds = [trial.distributions[name] for trial in trials]
    if any(isinstance(kind, CategoricalDistribution) for kind in kinds):
        return "category"
    return "log" if kinds and all(getattr(kind, "log", False) for kind in kinds) else "linear"


def _shown(value: Any) -> Any:
    return drawn(value) if isinstance(value, str) else str(value) if isinstance(value, bool | None) else value


def distribution(studies: Sequence[optuna.Study], values: Sequence[Values], title: str) -> go.Figure:
    """The share of a study's trials that are at most as high as a value, a line a study.

    Args:
        studies: that are drawn.
        values: of the quantity, for each of them.
        title: what it is called.
    """
    figure = new_figure(_HEIGHT, xaxis_title=drawn(title), yaxis_title="Share of the trials")
    for study, known in zip(studies, values, strict=True):
        ordered = np.sort([value for value in known.values() if np.isfinite(value)])
        share = np.arange(1, len(ordered) + 1) / max(len(ordered), 1)
        line = {"shape": "hv", "width": 2}
        figure.add_trace(go.Scatter(x=ordered, y=share, mode="lines", name=drawn(study.study_name), line=line))
    figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    figure.update_layout(showlegend=len(studies) > 1)
    return figure


def intermediate_values(trials: Sequence[FrozenTrial]) -> go.Figure:
    """What trials reported before they ended, a line each; pruned ones are dotted.

    Args:
        trials: that reported something; of many the newest are drawn.
    """
    figure = new_figure(_HEIGHT, xaxis_title="Step", yaxis_title="Intermediate value")
    for trial in trials[-_MOST_LINES:]:
        pruned = trial.state == TrialState.PRUNED
        steps = sorted(trial.intermediate_values)
        figure.add_trace(
            go.Scatter(
                x=steps,
                y=[trial.intermediate_values[step] for step in steps],
                mode="lines+markers" if len(steps) < 2 else "lines",
                line={"color": GREY if pruned else BLUE, "width": 1.2, "dash": "dot" if pruned else "solid"},
                opacity=0.7,
                showlegend=False,
                customdata=[[trial.number]] * len(steps),
                hovertemplate=f"<b>Trial {trial.number}</b>{', pruned' if pruned else ''}<br>"
                "step %{x}: %{y:.5g}<extra></extra>",
            )
        )
    return figure


_STATE_LOOKS: Final = {
    TrialState.COMPLETE: ("Complete", BLUE),
    TrialState.PRUNED: ("Pruned", SKY),
    TrialState.FAIL: ("Failed", VERMILION),
    TrialState.RUNNING: ("Running", GREEN),
    TrialState.WAITING: ("Waiting", GREY),
}


def timeline(study: optuna.Study) -> go.Figure:
    """When each trial ran, a bar each, coloured by how it ended; of many the newest.

    Args:
        study: whose trials are drawn.
    """
    figure = _drawn(lambda: visualization.plot_timeline(study, n_recent_trials=MOST_BARS))
    looks = {state.name: look for state, look in _STATE_LOOKS.items()}
    for trace in figure.data:
        trace.name, trace.marker.color = looks.get(str(trace.name).upper(), (trace.name, GREY))
    return _styled(figure, _HEIGHT)


def _target(values: Values, title: str) -> dict[str, Any]:
    return {"target": lambda trial: values.get(trial.number, np.nan), "target_name": title}


def _drawn(draw: Callable[[], go.Figure]) -> go.Figure:
    """What Optuna draws, without its warnings on trials that have no value."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            figure = draw()
        except Exception as error:  # noqa: BLE001 - a study may hold what Optuna's charts do not expect
            figure = new_figure(_HEIGHT)
            add_note(figure, f"Optuna cannot draw this: {drawn(type(error).__name__)}.")
            return figure
    return go.Figure(_escaped(figure.to_plotly_json()))


def _styled(figure: go.Figure, height: int) -> go.Figure:
    figure.update_layout(
        template=TEMPLATE,
        height=height,
        title=None,
        width=None,
        margin={"l": 8, "r": 8, "t": 36, "b": 8},
        dragmode=False,
        uirevision="keep",
    )
    return figure


def _escaped(value: Any, name: str = "") -> Any:
    """A part of a figure with every text that a study may have chosen as Plotly draws it."""
    if isinstance(value, str):
        return value if name in _OUR_OWN else drawn(value).replace("&lt;br&gt;", "<br>")
    if isinstance(value, dict):
        return {key: _escaped(item, str(key)) for key, item in value.items() if key != "template"}
    if isinstance(value, list | tuple):
        return [_escaped(item, name) for item in value]
    if isinstance(value, np.ndarray) and value.dtype.kind in "OU":
        return [_escaped(item, name) for item in value.tolist()]
    return value
