"""How much each parameter of a search matters."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import Words
from backend.spaces.capabilities import Parameter
from dashboard.figures.template import BLUE, new_figure
from dashboard.text import drawn

_BAR_HEIGHT, _FRAME_HEIGHT = 34, 110


def importance_bars(
    shares: "pd.Series[float]", parameters: Sequence[Parameter] = (), words: Words | None = None
) -> go.Figure:
    """Bars of the shares, the largest on top.

    Args:
        shares: by parameter, as ``backend.analysis.importance.parameter_importances`` gives them.
        parameters: those that have a title.
        words: of the space.
    """
    called = (words or Words()).parameter
    titles = {parameter.name: f"{called} {parameter.title}" for parameter in parameters}
    ordered = shares.sort_values()
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * len(ordered))
    figure.add_trace(
        go.Bar(
            x=ordered.to_numpy(),
            y=[drawn(titles.get(str(name), str(name))) for name in ordered.index],
            orientation="h",
            marker={"color": BLUE},
            text=[f"{share:.0%}" for share in ordered],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    largest = float(ordered.max()) if len(ordered) else 1.0
    # Room for the shares, which are written behind the bars.
    figure.update_layout(
        xaxis={"title": "Share of the importance", "tickformat": ".0%", "range": [0, 1.15 * largest]}, bargap=0.35
    )
    return figure
