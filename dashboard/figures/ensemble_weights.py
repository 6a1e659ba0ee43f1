"""The weights of a fitted ensemble."""

import plotly.graph_objects as go

from backend.analysis.ensemble import Ensemble
from dashboard.figures.template import BLUE, VERMILION, new_figure

_BAR_HEIGHT, _FRAME_HEIGHT = 26, 90


def ensemble_weights(ensemble: Ensemble) -> go.Figure:
    """Bars of what one standard deviation of each proxy is worth, the weightiest on top.

    Args:
        ensemble: weights in percentage points of accuracy.
    """
    ordered = sorted(ensemble.weights.items(), key=lambda item: abs(item[1]))
    names, weights = [name for name, _ in ordered], [weight for _, weight in ordered]
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * len(names))
    figure.add_trace(
        go.Bar(
            x=weights,
            y=names,
            orientation="h",
            marker={"color": [BLUE if weight >= 0 else VERMILION for weight in weights]},
            text=[f"{weight:+.2f}" for weight in weights],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:+.3f} points a standard deviation<extra></extra>",
        )
    )
    figure.update_layout(xaxis_title="Accuracy points per standard deviation of the proxy", bargap=0.35)
    figure.update_xaxes(zeroline=True, zerolinewidth=1)
    return figure
