"""How good an ensemble is by the number of architectures that have to be trained for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Words
from backend.spaces.truth_tasks import ACCURACY, TruthField
from dashboard.figures.template import BLUE, GREY, add_note, new_figure

_STATISTICS: Final = {"spearman": "Spearman", "kendall": "Kendall", "top_spearman": "Spearman, best 10%"}
_BAND: Final = "rgba(31, 131, 196, 0.2)"


def learning_curve(
    curve: pd.DataFrame,
    statistic: str,
    references: Mapping[str, float] | None = None,
    words: Words = WORDS,
    field: TruthField = ACCURACY,
) -> go.Figure:
    """The median over repeats with the band of the middle 80%, on a logarithmic axis.

    Args:
        curve: as ``backend.ensembles.learning_curve`` gives it; may be empty.
        statistic: spearman, kendall, top_spearman or picked.
        references: levels to draw as dotted lines, by name.
        words: what the space calls its architectures.
        field: what is predicted.
    """
    figure = new_figure(height=380)
    if curve.empty:
        add_note(figure, "No size is done yet.")
        return figure
    grouped = curve.groupby("cells_labelled")[statistic]
    middle, low, high = grouped.median(), grouped.quantile(0.1), grouped.quantile(0.9)
    hidden = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_trace(go.Scatter(x=low.index, y=low, **hidden))
    figure.add_trace(go.Scatter(x=high.index, y=high, fill="tonexty", fillcolor=_BAND, **hidden))
    figure.add_trace(
        go.Scatter(
            x=middle.index,
            y=middle,
            mode="lines+markers",
            name="median",
            line={"color": BLUE, "width": 2.5},
            marker={"size": 8},
            customdata=pd.DataFrame({"low": low, "high": high}).to_numpy(),
            hovertemplate=(
                f"%{{x:,}} labelled {words.many}: %{{y:.3f}}<br>"
                "middle 80%: %{customdata[0]:.3f} to %{customdata[1]:.3f}"
                "<extra></extra>"
            ),
            showlegend=False,
        )
    )
    for name, level in (references or {}).items():
        figure.add_hline(
            y=level,
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            annotation={"text": name, "font": {"color": GREY}},
        )
    sizes = list(middle.index)
    figure.update_xaxes(
        title=f"Labelled {words.many} (logarithmic)", type="log", tickvals=sizes, ticktext=[f"{n:,}" for n in sizes]
    )
    title = _STATISTICS.get(statistic, field.with_unit(f"Accuracy of the picked {words.one}"))
    figure.update_yaxes(title=f"{title}, unseen {words.many}")
    return figure
