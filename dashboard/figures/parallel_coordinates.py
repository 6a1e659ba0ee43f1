"""Trials as lines across settings and quantities."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from backend.naming import visible
from backend.spaces.capabilities import Parameter
from dashboard.data.quantities import drawn_label
from dashboard.figures.template import ACCURACY_SCALE, GREY, OUTLINE, add_note, new_figure

_MOST_WORDS: Final = 30
_ANGLE: Final = -40
"""Of the axes' names: steep enough that long ones stand clear of each other on a narrow page."""
_TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_PARAMETER: Final = "param:"


def settings_of(frame: pd.DataFrame, parameters: Sequence[Parameter] = ()) -> list[str]:
    """Columns that a search sets: the space's parameters, or those that the trials record.

    Args:
        frame: trials.
        parameters: of the space, where they have titles.
    """
    titled = [parameter.name for parameter in parameters if parameter.name in frame]
    recorded = [str(column) for column in frame if str(column).startswith(_PARAMETER)]
    return [
        *titled,
        *(name for name in recorded if frame[name].nunique() <= _MOST_WORDS or _is_number(frame, name)),
    ]


def parallel_coordinates(
    frame: pd.DataFrame,
    settings: Sequence[str],
    quantities: Sequence[str],
    color: str,
    *,
    ranked: bool,
    parameters: Sequence[Parameter] = (),
) -> go.Figure:
    """A line a trial across the axes.

    Args:
        frame: completed trials.
        settings: columns as :func:`settings_of` gives them.
        quantities: columns of numbers.
        color: column that colours the lines; those without a value are at the scale's low end, and infinite ones at
            the end that they exceed.
        ranked: whether quantities are placed by rank, their values at the ticks.
        parameters: of the space, where they have titles.
    """
    figure = new_figure(height=580)
    if frame.empty or not (settings or quantities):
        add_note(figure, "No completed trial yet.")
        return figure
    shade = _within(frame[color])
    low, high = (float(shade.quantile(share)) for share in (0.1, 1.0))
    figure.add_trace(
        go.Parcoords(
            dimensions=_settings(frame, settings, parameters)
            + [_quantity(frame, name, ranked=ranked) for name in quantities],
            line={
                "color": shade.fillna(low).to_numpy(dtype=np.float32),
                "colorscale": [[place / (len(ACCURACY_SCALE) - 1), tone] for place, tone in enumerate(ACCURACY_SCALE)],
                **({"cmin": low, "cmax": high} if low < high else {}),
                "showscale": True,
                "colorbar": {
                    "title": {"text": drawn_label(color), "side": "right"},
                    "thickness": 10,
                    "outlinewidth": 0,
                },
            },
            unselected={"line": {"color": OUTLINE, "opacity": 0.08}},
            labelangle=_ANGLE,
            labelside="top",
            # The shadow that Plotly gives by itself is white, in the dark theme too.
            labelfont={"size": 11, "color": GREY, "shadow": "none"},
            tickfont={"size": 11, "color": GREY, "shadow": "none"},
            rangefont={"size": 10, "color": GREY, "shadow": "none"},
        )
    )
    # The drawing reaches beyond its plot: names stand above it, ticks at its sides.
    figure.update_layout(margin={"l": 70, "r": 30, "t": 170, "b": 30})
    return figure


def _settings(frame: pd.DataFrame, settings: Sequence[str], parameters: Sequence[Parameter]) -> list[dict[str, Any]]:
    """The axes; options that several have alike are named on the first of them alone: there is no room for more."""
    titled = {parameter.name: parameter for parameter in parameters}
    axes, named = [], set[tuple[str, ...]]()
    for name in settings:
        if name not in titled:
            axes.append(_setting(frame, name))
            continue
        parameter = titled[name]
        first = parameter.options not in named
        named.add(parameter.options)
        codes = pd.Categorical(frame[name], categories=list(parameter.options)).codes
        ticks = [parameter.called(option) if first else "" for option in parameter.options]
        axes.append(_named(parameter.title, codes, ticks))
    return axes


def _setting(frame: pd.DataFrame, name: str) -> dict[str, Any]:
    if _is_number(frame, name):
        return _quantity(frame, name, ranked=False)
    words = pd.Categorical(frame[name].astype(str))
    # Unlike all other texts, Plotly draws these ticks as they are.
    return _named(drawn_label(name), words.codes, [visible(str(word)) for word in words.categories])


def _named(title: str, codes: "np.ndarray", names: Sequence[str]) -> dict[str, Any]:
    last = max(len(names) - 1, 1)
    ticks = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    return {"label": title, "values": codes.astype(np.int8), "range": [0, last], **ticks}


def _quantity(frame: pd.DataFrame, name: str, *, ranked: bool) -> dict[str, Any]:
    values = _within(frame[name])
    known = values.dropna()
    if known.empty or known.min() == known.max() or not ranked:
        floor = float(known.min()) if len(known) else 0.0
        return {"label": drawn_label(name), "values": values.fillna(floor).to_numpy(dtype=np.float32)}
    ranks = (values.rank() - 1) / (len(known) - 1)
    return {
        "label": drawn_label(name),
        "values": ranks.fillna(0.0).to_numpy(dtype=np.float32),
        "range": [0, 1],
        "tickvals": list(_TICKS),
        "ticktext": [f"{known.quantile(share):.4g}" for share in _TICKS],
    }


def _within(values: pd.Series) -> pd.Series:
    """The values with infinite ones at the lowest or the highest finite one; NaN where none is finite."""
    known = values.replace([np.inf, -np.inf], np.nan)
    return known if known.isna().all() else values.clip(known.min(), known.max())


def _is_number(frame: pd.DataFrame, name: str) -> bool:
    return pd.api.types.is_numeric_dtype(frame[name]) and not pd.api.types.is_bool_dtype(frame[name])
