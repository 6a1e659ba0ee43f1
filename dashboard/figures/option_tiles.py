"""The mean of a quantity for each option of each parameter."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import Words
from backend.spaces.capabilities import Parameter
from dashboard.data.quantities import drawn_label
from dashboard.figures.numbers import in_order
from dashboard.figures.template import ACCURACY_SCALE, new_figure

_DARK_ABOVE: Final = 0.55
_ROW: Final = 32
"""Pixels of a row where there are many."""


def option_tiles(means: pd.DataFrame, column: str, parameters: Sequence[Parameter], words: Words) -> go.Figure:
    """Parameters by options, coloured by the mean; an option that never occurs leaves a gap.

    Args:
        means: as ``backend.analysis.importance.choice_means`` gives it.
        column: the quantity.
        parameters: of the space.
        words: of the space.
    """
    figure = new_figure(height=max(420, 80 + _ROW * len(parameters)))
    titles = [parameter.title for parameter in parameters]
    shown = in_order({option: parameter.called(option) for parameter in parameters for option in parameter.options})
    grid, counts = (
        means.pivot_table(index="edge", columns="operation", values=value).reindex(titles, columns=list(shown))
        for value in ("mean", "cells")
    )
    figure.add_trace(
        go.Heatmap(
            z=grid.to_numpy(),
            x=list(shown.values()),
            y=titles,
            customdata=counts.to_numpy(),
            colorscale=[[place / (len(ACCURACY_SCALE) - 1), tone] for place, tone in enumerate(ACCURACY_SCALE)],
            colorbar={"title": {"text": drawn_label(column), "side": "right"}, "thickness": 10, "outlinewidth": 0},
            xgap=2,
            ygap=2,
            hoverongaps=False,
            hovertemplate=f"%{{x}} on {words.parameter} %{{y}}<br>mean %{{z:.5g}}<br>%{{customdata:,}} {words.many}"
            "<extra></extra>",
        )
    )
    low, high = float(means["mean"].min()), float(means["mean"].max())
    for row in means.itertuples():
        share = (float(str(row.mean)) - low) / (high - low) if high > low else 1.0
        figure.add_annotation(
            x=shown[str(row.operation)],
            y=row.edge,
            text=f"{row.mean:.4g}<br><span style='font-size: 0.8em'>{row.cells:,}</span>",
            showarrow=False,
            font={"size": 12, "color": "#10151c" if share > _DARK_ABOVE else "#ffffff"},
        )
    # Options that are numbers are names here too: one column each.
    figure.update_yaxes(
        type="category", autorange="reversed", title=words.parameter.capitalize(), ticks="", showgrid=False
    )
    figure.update_xaxes(type="category", side="top", ticks="", showgrid=False)
    return figure
