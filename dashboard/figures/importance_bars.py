"""How much each parameter of a search matters."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import Words
from backend.spaces.capabilities import Parameter
from dashboard.figures.template import BLUE, GREEN, ORANGE, PINK, SKY, VERMILION, new_figure
from dashboard.text import drawn

_BAR_HEIGHT, _FRAME_HEIGHT = 34, 110
_SERIES_HEIGHT = 16
_COLORS = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION)


def importance_bars(
    shares: pd.DataFrame, parameters: Sequence[Parameter] = (), words: Words | None = None
) -> go.Figure:
    """Bars of the shares, the parameter that matters most for the first quantity on top.

    Args:
        shares: by parameter, a column a quantity, as ``backend.analysis.importance.parameter_importances`` gives them;
            the columns are called as the quantities are for people.
        parameters: those that have a title.
        words: of the space.
    """
    called = (words or Words()).parameter
    titles = {parameter.name: f"{called} {parameter.title}" for parameter in parameters}
    ordered = shares.sort_values(str(shares.columns[0]))
    names = [drawn(titles.get(str(name), str(name))) for name in ordered.index]
    several = len(shares.columns) > 1
    bars = [
        go.Bar(
            x=ordered[column].to_numpy(),
            y=names,
            name=drawn(str(column)),
            orientation="h",
            text=[f"{share:.0%}" for share in ordered[column]],
            textposition="outside",
            textfont={"size": 11},
            marker={"color": _COLORS[place % len(_COLORS)]},
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
        for place, column in reversed(list(enumerate(ordered)))
    ]
    largest = float(ordered.to_numpy().max()) if ordered.size else 1.0
    height = max(_BAR_HEIGHT, _SERIES_HEIGHT * len(shares.columns))
    return new_figure(
        _FRAME_HEIGHT + height * len(ordered),
        bars,
        # Room for the shares, which are written behind the bars.
        xaxis={"title": {"text": "Share of the importance"}, "tickformat": ".0%", "range": [0, 1.15 * largest]},
        bargap=0.35,
        legend={"traceorder": "reversed"},
        showlegend=several,
    )
