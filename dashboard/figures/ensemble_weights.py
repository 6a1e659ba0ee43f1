"""The weights of a fitted ensemble."""

from collections.abc import Collection, Mapping

import plotly.graph_objects as go

from dashboard.figures.template import BLUE, VERMILION, new_figure

_BAR_HEIGHT, _FRAME_HEIGHT = 26, 90


def ensemble_weights(weights: Mapping[str, float], logarithms: Collection[str] = ()) -> go.Figure:
    """Bars of what one standard deviation of each column is worth, the weightiest on top.

    Args:
        weights: percentage points of accuracy.
        logarithms: the columns that entered as logarithms.
    """
    ordered = sorted(weights.items(), key=lambda item: abs(item[1]))
    names = [f"log {name}" if name in logarithms else name for name, _ in ordered]
    values = [value for _, value in ordered]
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * len(names))
    figure.add_trace(
        go.Bar(
            x=values,
            y=names,
            orientation="h",
            marker={"color": [BLUE if value >= 0 else VERMILION for value in values]},
            text=[f"{value:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:+.3f} points a standard deviation<extra></extra>",
        )
    )
    figure.update_layout(xaxis_title="Accuracy points per standard deviation of the proxy", bargap=0.35)
    figure.update_xaxes(zeroline=True, zerolinewidth=1)
    return figure
