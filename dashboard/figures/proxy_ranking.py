"""Which proxy ranks best: rank correlations with their intervals, side by side."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from backend.analysis.correlation import STATISTICS
from dashboard.figures.template import (
    BLUE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    new_figure,
)
from dashboard.text import drawn

STATISTIC_NAMES = {
    "spearman": "Spearman",
    "kendall": "Kendall",
    "top_spearman": "Spearman, best 10%",
}
_ROW_HEIGHT, _FRAME_HEIGHT = 26, 90


def proxy_ranking(correlations: pd.DataFrame, *, baseline: str | None = None, selected: str | None = None) -> go.Figure:
    """A column of dots a statistic and a row a proxy; bars are 95% intervals where they are known.

    Args:
        correlations: as ``backend.analysis.correlation.correlations`` gives it, in the order from the top.
        baseline: the proxy whose values are drawn through all rows as lines, where it is there.
        selected: the proxy to mark.

    Returns:
        A figure whose markers carry the proxy's name as customdata.
    """
    figure = new_figure(_FRAME_HEIGHT + _ROW_HEIGHT * len(correlations))
    figure.set_subplots(cols=len(STATISTICS), shared_yaxes=True, horizontal_spacing=0.03)
    if correlations.empty:
        add_note(figure, "No proxy is recorded.")
        return figure
    names = correlations.index.astype(str)
    colors = [VERMILION if name == selected else BLUE for name in names]
    for column, statistic in enumerate(STATISTICS, start=1):
        values = correlations[statistic]
        figure.add_trace(_dots(correlations, statistic, colors), row=1, col=column)
        figure.add_vline(x=0, line={"color": OUTLINE, "width": 1}, row=1, col=column)
        level = values.get(baseline) if baseline else None
        if level is not None and pd.notna(level):
            line = {"color": GREY, "width": 1.5, "dash": "dot"}
            figure.add_vline(x=level, line=line, row=1, col=column)
        figure.update_xaxes(title=STATISTIC_NAMES[statistic], range=[-1.05, 1.05], dtick=0.5, row=1, col=column)
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=True, categoryarray=[drawn(name) for name in names])
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 12, "b": 8}, dragmode=False)
    return figure


def _dots(correlations: pd.DataFrame, statistic: str, colors: list[str]) -> go.Scatter:
    values = correlations[statistic]
    low, high = correlations[f"{statistic}_low"], correlations[f"{statistic}_high"]
    return go.Scatter(
        x=values,
        y=[drawn(str(name)) for name in correlations.index],
        mode="markers",
        marker={"size": 9, "color": colors},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": (high - values).clip(lower=0),
            "arrayminus": (values - low).clip(lower=0),
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        customdata=pd.DataFrame({"proxy": values.index, "low": low.to_numpy(), "high": high.to_numpy()}).to_numpy(),
        hovertemplate=(
            f"<b>%{{y}}</b><br>{STATISTIC_NAMES[statistic]}: %{{x:+.3f}}"
            "<br>95% interval: %{customdata[1]:+.3f} to %{customdata[2]:+.3f}<extra></extra>"
        ),
        unselected={"marker": {"opacity": 1}},
    )
