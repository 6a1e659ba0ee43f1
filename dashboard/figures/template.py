"""The one look of all charts: colours that the colour-blind tell apart, readable on light and dark pages.

Backgrounds are transparent and texts follow the page's theme, so a figure needs to know neither.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio

TEMPLATE: Final = "proxyscope"

# Okabe and Ito's palette with a lighter blue, without its yellow (lost on white) and black (lost on dark).
BLUE, SKY, GREEN, ORANGE, VERMILION, PINK = "#1f83c4", "#56B4E9", "#009E73", "#E69F00", "#D55E00", "#CC79A7"
GREY: Final = "#8A8F98"
OUTLINE: Final = "rgba(128, 134, 142, 0.75)"
BOUND_LINE: Final = {"dash": "dash", "color": OUTLINE}
"""The line of a constraint's bound."""
GRID: Final = "rgba(128, 134, 142, 0.18)"
# Viridis without its darkest third, which a dark page would swallow.
ACCURACY_SCALE: Final = ("#3b528b", "#2c728e", "#21918c", "#28ae80", "#5ec962", "#addc30", "#fde725")

_MOST_DRAWN_AS_SVG: Final = 1_000

INFEASIBLE: Final = "Breaks a constraint"

_AXIS = {
    "gridcolor": GRID,
    "zeroline": False,
    "linecolor": OUTLINE,
    "ticks": "outside",
    "tickcolor": OUTLINE,
    "ticklen": 4,
    "automargin": True,
    "title": {"standoff": 8},
}

pio.templates[TEMPLATE] = go.layout.Template(
    layout={
        "colorway": [BLUE, ORANGE, GREEN, PINK, SKY, VERMILION],
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "font": {"size": 13, "color": GREY},
        "xaxis": _AXIS,
        "yaxis": _AXIS,
        "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "xanchor": "left"},
        "hoverlabel": {"align": "left"},
    }
)


def new_figure(height: int, traces: Sequence[Any] = (), **layout: Any) -> go.Figure:
    """A figure in the common look.

    Plotly checks a figure again for each part that is added: one that a live page draws is quicker made at once.

    Args:
        height: in pixels; the width follows the page.
        traces: what it shows.
        **layout: further properties of Plotly's layout.
    """
    common = {
        "template": TEMPLATE,
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "hovermode": "closest",
        "dragmode": False,
        # The reader's zoom and hidden traces stay while a live chart gets new data.
        "uirevision": "keep",
    }
    return go.Figure(list(traces), layout={**common, **layout})


def trial_keys(trials: pd.DataFrame) -> np.ndarray:
    """The customdata of markers that stand for trials: ``[number, index]`` each, −1 for no index.

    Numbers alone travel as they are in memory; words would take most of the time of a live chart.
    """
    return trials.reindex(columns=["number", "index"]).fillna(-1).to_numpy(dtype=np.int32)


def marker_class(points: int) -> Any:
    """What draws that many points: beyond a thousand the graphics card, which keeps zooming fluid."""
    return go.Scatter if points <= _MOST_DRAWN_AS_SVG else go.Scattergl


def color_axis(values: pd.Series, title: str, *, low: float, high: float) -> dict[str, Any]:
    """A colour axis between two quantiles of the values, so that a few far ones don't take all the colours.

    Args:
        values: that are coloured; infinite ones take the colour of an end.
        title: below the bar.
        low: quantile of the first colour.
        high: quantile of the last.
    """
    title_below = {"text": title, "side": "bottom"}
    bar = {"title": title_below, "orientation": "h", "y": -0.2, "yanchor": "top", "thickness": 10, "outlinewidth": 0}
    known = values.replace([np.inf, -np.inf], np.nan)
    first, last = float(known.quantile(low)), float(known.quantile(high))
    limits = {"cmin": first, "cmax": last} if first < last else {}
    return {"colorscale": ACCURACY_SCALE, "colorbar": bar, **limits}


def infeasible_markers(trials: pd.DataFrame, x: str, y: str, hover: str) -> go.Scatter | go.Scattergl:
    """Markers of trials that break a constraint: small grey crosses, so that none is taken for a candidate.

    Args:
        trials: infeasible ones.
        x: column on the horizontal axis.
        y: column on the vertical axis.
        hover: Plotly's template of the hover text.
    """
    return marker_class(len(trials))(
        x=trials[x].to_numpy(),
        y=trials[y].to_numpy(),
        mode="markers",
        name=INFEASIBLE,
        marker={"color": GREY, "symbol": "x-thin-open", "size": 7, "opacity": 0.6, "line": {"width": 1.5}},
        legendrank=1_100,
        customdata=trial_keys(trials),
        hovertemplate=f"{hover}<br>{INFEASIBLE}<extra></extra>",
        unselected={"marker": {"opacity": 0.6}},
    )


def add_note(figure: go.Figure, text: str) -> None:
    """Write a sentence into the middle of a figure that has nothing to show."""
    figure.update_layout(xaxis_visible=False, yaxis_visible=False)
    figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font={"size": 14})
