"""How much each setting of a search matters."""

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.template import BLUE, new_figure
from dashboard.text import drawn

_BAR_HEIGHT, _FRAME_HEIGHT = 34, 90


def importance_bars(shares: "pd.Series[float]") -> go.Figure:
    """Bars of the shares, the largest on top.

    Args:
        shares: by setting, as ``backend.analysis.importance.parameter_importances`` gives them.
    """
    ordered = shares.sort_values()
    figure = new_figure(height=_FRAME_HEIGHT + _BAR_HEIGHT * len(ordered))
    figure.add_trace(
        go.Bar(
            x=ordered.to_numpy(),
            y=[setting_name(str(name)) for name in ordered.index],
            orientation="h",
            marker={"color": BLUE},
            text=[f"{share:.0%}" for share in ordered],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
    )
    figure.update_layout(xaxis_title="Share of the importance", xaxis_tickformat=".0%", bargap=0.35)
    return figure


def setting_name(name: str) -> str:
    """A parameter in the words of the page: ``op_3_1`` is the edge from node 1 to node 3."""
    parts = name.split("_")
    if len(parts) == 3 and parts[0] == "op" and parts[1].isdecimal() and parts[2].isdecimal():
        return f"edge {parts[2]} → {parts[1]}"
    return drawn(name)
