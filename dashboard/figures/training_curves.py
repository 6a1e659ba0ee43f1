"""How trainings get on: held-out accuracy by epoch, a line an architecture."""

from __future__ import annotations

from itertools import cycle

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.template import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION, add_note, new_figure
from dashboard.text import drawn

_COLORS = (BLUE, VERMILION, GREEN, PINK, ORANGE, SKY)
_MOST_TICKS = 20
_DASHES = ("solid", "dash", "dot", "dashdot")


def training_curves(curves: pd.DataFrame, title: str) -> go.Figure:
    """Held-out accuracy by epoch.

    Args:
        curves: one row an epoch: training (a name a line), epoch, accuracy (%) and loss; NaN where it is not known.
        title: of the vertical axis, with its unit.
    """
    figure = new_figure(height=320, xaxis_title="Epoch", yaxis_title=title, showlegend=True)
    if curves.empty or curves["accuracy"].isna().all():
        add_note(figure, "The first epoch appears here.")
        return figure
    if curves["epoch"].max() <= _MOST_TICKS:
        figure.update_xaxes(dtick=1)
    looks = zip(cycle(_COLORS), (dash for dash in cycle(_DASHES) for _ in _COLORS), strict=False)
    for (name, rows), (color, dash) in zip(curves.groupby("training", sort=False), looks, strict=False):
        figure.add_trace(
            go.Scatter(
                x=rows["epoch"].to_numpy(),
                y=rows["accuracy"].to_numpy(dtype=float),
                mode="lines+markers" if len(rows) < 3 else "lines",
                name=drawn(str(name)),
                line={"color": color, "dash": dash, "width": 2},
                customdata=rows["loss"].to_numpy(dtype=float),
                hovertemplate=(
                    f"<b>{drawn(str(name))}</b><br>epoch %{{x}}: %{{y:.2f}}<br>loss %{{customdata:.4g}}<extra></extra>"
                ),
            )
        )
    return figure
