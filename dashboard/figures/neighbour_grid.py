"""An architecture and its neighbours: a row a parameter, a column an option, with the accuracy of each change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Label, Words
from backend.spaces.capabilities import Parameter
from backend.truth.measures import Measure
from dashboard.data.benchmark import Neighbour
from dashboard.figures.numbers import in_order
from dashboard.figures.template import BLUE, OUTLINE, VERMILION, new_figure
from dashboard.text import drawn

_SATURATED = 1.0
"""Points of accuracy from which on a change has the full colour; in another unit a fifth of the standard deviation."""

_SCALE = ((0.0, VERMILION), (0.5, "#6b7480"), (1.0, BLUE))
_TILE = 46


def neighbour_grid(
    label: Label,
    own: Mapping[str, str],
    neighbours: Sequence[Neighbour],
    parameters: Sequence[Parameter],
    accuracies: pd.Series[float],
    measure: Measure,
    words: Words = WORDS,
) -> go.Figure:
    """The architecture in each of its own options, and each neighbour in the option that it changes to.

    Args:
        label: of the architecture in the middle of the neighbourhood.
        own: its option of each parameter, by name.
        neighbours: that differ from it in one parameter.
        parameters: of the space, in order.
        accuracies: of the whole space (%), by label.
        measure: what the accuracies are.
        words: what the space calls its architectures.

    Returns:
        A figure whose tiles carry their architecture's label as customdata; colours tell what is gained or lost.
    """
    called = in_order({option: parameter.called(option) for parameter in parameters for option in parameter.options})
    options = list(called)
    rows = {parameter.name: row for row, parameter in enumerate(parameters)}
    figure = new_figure(height=max(440, 90 + _TILE * len(parameters)), showlegend=False)
    value = float(accuracies[label])
    places = {
        "x": [options.index(item.option) for item in neighbours],
        "y": [rows[item.parameter.name] for item in neighbours],
    }
    figure.add_trace(_tiles([item.label for item in neighbours], places, accuracies, value, words, measure))
    own_places = {"x": [options.index(own[name]) for name in rows], "y": list(rows.values())}
    figure.add_trace(_own_tiles(own_places, value, words, measure))
    names = [drawn(called[option]) for option in options]
    titles = [drawn(parameter.title) for parameter in parameters]
    fixed = {"showgrid": False, "fixedrange": True, "ticks": ""}
    heading = f"{measure.label}<br>[{measure.release}]"
    figure.update_xaxes(
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[-0.6, len(names) - 0.4],
        side="top",
        title=heading,
        **fixed,
    )
    figure.update_yaxes(
        tickvals=list(range(len(titles))),
        ticktext=titles,
        range=[len(titles) - 0.4, -0.6],
        title=words.parameter.capitalize(),
        **fixed,
    )
    return figure


def _tiles(
    labels: Sequence[Label],
    places: Mapping[str, list[int]],
    accuracies: pd.Series[float],
    own: float,
    words: Words,
    measure: Measure,
) -> go.Scatter:
    values = [float(accuracies[label]) for label in labels]
    gains = [value - own for value in values]
    saturated = _SATURATED if measure.unit == "%" else float(accuracies.std()) / 5
    digits = _digits(measure)
    return go.Scatter(
        **places,
        mode="markers+text",
        marker={
            "symbol": "square",
            "size": _TILE,
            "color": gains,
            "colorscale": _SCALE,
            "cmin": -saturated,
            "cmax": saturated,
            "opacity": 1,
        },
        text=[f"{value:.{digits}f}<br>{gain:+.{digits}f}" for value, gain in zip(values, gains, strict=True)],
        textfont={"color": "#ffffff", "size": 11},
        customdata=labels,
        hovertemplate=f"<b>{words.one.capitalize()} %{{customdata}}</b>: %{{y}} becomes %{{x}}"
        "<br>accuracy, change: %{text}<extra></extra>",
        unselected={"marker": {"opacity": 1}, "textfont": {"color": "#ffffff"}},
        selected={"textfont": {"color": "#ffffff"}},
    )


def _digits(measure: Measure) -> int:
    """Digits behind the point."""
    return 2 if measure.unit == "%" else 3


def _own_tiles(places: Mapping[str, list[int]], own: float, words: Words, measure: Measure) -> go.Scatter:
    return go.Scatter(
        **places,
        mode="markers+text",
        marker={"symbol": "square-open", "size": _TILE, "color": OUTLINE, "line": {"width": 2}},
        text=[f"{own:.{_digits(measure)}f}"] * len(places["x"]),
        textfont={"size": 11},
        hovertemplate=f"This {words.one} has %{{x}} on {words.parameter} %{{y}}<extra></extra>",
    )
