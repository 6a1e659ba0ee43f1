"""How long each trial took."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.template import (
    BLUE,
    GREY,
    ORANGE,
    VERMILION,
    marker_class,
    new_figure,
    trial_keys,
)

_WINDOW = 21
_COLORS = {"complete": BLUE, "repeat": GREY, "failed": ORANGE}
_ORDERS_OF_MAGNITUDE = 30


def scoring_seconds(frame: pd.DataFrame) -> go.Figure:
    """Seconds by trial, with their running median.

    Args:
        frame: trials with known seconds, by number.

    Returns:
        A figure whose markers carry ``[trial number, index]`` as customdata.
    """
    figure = new_figure(height=420)
    figure.update_layout(xaxis_title="Trial", yaxis_title="Time to score (s)", dragmode="zoom")
    positive = frame.loc[frame["seconds"] > 0, "seconds"]
    if len(positive) and positive.max() > _ORDERS_OF_MAGNITUDE * positive.quantile(0.05):
        figure.update_yaxes(type="log")
    scatter = marker_class(len(frame))
    for state, trials in frame.groupby("state"):
        figure.add_trace(
            scatter(
                x=trials["number"].to_numpy(),
                y=trials["seconds"].to_numpy(),
                mode="markers",
                name=str(state).capitalize(),
                marker={"color": _COLORS.get(str(state), GREY), "size": 6, "opacity": 0.7},
                customdata=trial_keys(trials),
                hovertemplate="<b>Trial %{x}</b><br>%{y:.4g} s<extra></extra>",
                unselected={"marker": {"opacity": 0.7}},
            )
        )
    scored = frame[frame["state"] == "complete"]
    if len(scored) >= _WINDOW:
        median = scored["seconds"].rolling(_WINDOW, center=True, min_periods=1).median()
        line = {"color": VERMILION, "width": 2}
        figure.add_trace(
            scatter(
                x=scored["number"].to_numpy(),
                y=median.to_numpy(),
                mode="lines",
                name=f"Median of {_WINDOW} trials",
                line=line,
                hoverinfo="skip",
            )
        )
    return figure
