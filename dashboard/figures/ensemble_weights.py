"""What the columns of a fitted ensemble contribute: weights, or what is lost without them."""

from collections.abc import Collection, Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Words
from backend.spaces.truth_tasks import ACCURACY, TruthField
from dashboard.figures.template import BLUE, GREY, VERMILION, add_note, new_figure
from dashboard.text import drawn

_BAR_HEIGHT, _FRAME_HEIGHT = 26, 90
MOST_SHOWN = 24
"""Columns in a chart; a model with graph features has some sixty."""


def ensemble_weights(
    weights: Mapping[str, float],
    logarithms: Collection[str] = (),
    intervals: pd.DataFrame | None = None,
    field: TruthField = ACCURACY,
) -> go.Figure:
    """Bars of what one standard deviation of each column is worth, the weightiest on top.

    Args:
        weights: in the unit of a difference of the field.
        logarithms: the columns that entered as logarithms.
        intervals: indexed by column, low and high of the 95% interval.
        field: what is predicted.
    """
    ordered = sorted(weights.items(), key=lambda item: abs(item[1]))[-MOST_SHOWN:]
    names = [drawn(f"log {name}" if name in logarithms else name) for name, _ in ordered]
    values = [value for _, value in ordered]
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * max(2, len(names)))
    bounds: dict[str, Any] = {}
    said = ""
    if intervals is not None:
        known = intervals.loc[[name for name, _ in ordered]]
        bounds["error_x"] = {
            "type": "data",
            "symmetric": False,
            "array": (known["high"] - values).clip(lower=0),
            "arrayminus": (values - known["low"]).clip(lower=0),
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        }
        bounds["customdata"] = known[["low", "high"]].to_numpy()
        said = "<br>95% interval: %{customdata[0]:+.3f} to %{customdata[1]:+.3f}"
    figure.add_trace(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={"color": [BLUE if value >= 0 else VERMILION for value in values]},
            text=[f"{value:+.2f}" for value in values],
            textposition="outside" if intervals is None else "none",
            cliponaxis=False,
            hovertemplate=f"%{{y}}: %{{x:+.3f}} {field.points} a standard deviation{said}<extra></extra>",
            **bounds,
        )
    )
    worth = "Accuracy points" if field.unit == "%" else drawn(field.with_unit(field.label))
    figure.update_layout(xaxis_title=f"{worth} per standard deviation of the proxy", bargap=0.35)
    figure.update_xaxes(zeroline=True, zerolinewidth=1)
    return figure


def proxy_worth(lost: "pd.Series[float]", words: Words = WORDS) -> go.Figure:
    """Bars of what a model without weights makes of each proxy, the most on top.

    Args:
        lost: Spearman lost when a proxy's values are shuffled, by proxy.
        words: what the space calls its architectures.
    """
    ordered = lost.sort_values()
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * max(2, len(ordered)))
    if ordered.empty:
        add_note(figure, f"The model uses the {words.one}'s graph alone.")
        return figure
    figure.add_trace(
        go.Bar(
            x=ordered,
            y=[drawn(str(name)) for name in ordered.index],
            orientation="h",
            marker={"color": BLUE},
            text=[f"{value:.3f}" for value in ordered],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: without it Spearman is %{x:.3f} lower<extra></extra>",
        )
    )
    figure.update_layout(xaxis_title=f"Spearman lost when the proxy is shuffled among {words.many}", bargap=0.35)
    return figure
