"""Where a proxy works and where it fails: Spearman within groups of architectures, with the groups' sizes."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Words
from dashboard.figures.template import BLUE, GREY, OUTLINE, add_note, new_figure
from dashboard.text import drawn

_SIZES = 0.28


def group_correlations(
    groups: pd.DataFrame,
    title: str,
    *,
    name: str,
    overall: float,
    baseline: tuple[str, pd.DataFrame] | None = None,
    words: Words = WORDS,
) -> go.Figure:
    """Dots with 95% intervals over bars of the number of architectures.

    Args:
        groups: as ``backend.analysis.correlation.group_correlations`` gives it.
        title: what the groups differ in.
        name: of the proxy.
        overall: its Spearman over all architectures, drawn as a level.
        baseline: name and groups of a proxy to compare with.
        words: what the space calls its architectures.
    """
    figure = new_figure(height=420)
    figure.set_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.06, row_heights=[1 - _SIZES, _SIZES])
    there = groups[groups["cells"] > 0]
    if there.empty:
        add_note(figure, f"No {words.one} has both a score and an accuracy.")
        return figure
    if baseline:
        figure.add_trace(_dots(baseline[0], baseline[1].loc[there.index], GREY, "diamond-open", words), row=1, col=1)
    figure.add_trace(_dots(name, there, BLUE, "circle", words), row=1, col=1)
    if pd.notna(overall):
        line = {"color": BLUE, "width": 1.5, "dash": "dot"}
        note = {"text": f"all {words.many}", "font": {"size": 11, "color": GREY}}
        figure.add_hline(y=overall, line=line, annotation=note, annotation_position="top right", row=1, col=1)
    figure.add_hline(y=0, line={"color": OUTLINE, "width": 1}, row=1, col=1)
    figure.add_trace(_bars(there, words), row=2, col=1)
    figure.update_yaxes(title="Spearman", range=[-1.05, 1.05], dtick=0.5, row=1, col=1)
    figure.update_yaxes(title=words.many.capitalize(), row=2, col=1)
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_xaxes(title=title[0].upper() + title[1:], row=2, col=1)
    figure.update_layout(dragmode=False)
    return figure


def _dots(name: str, groups: pd.DataFrame, color: str, symbol: str, words: Words) -> go.Scatter:
    values = groups["spearman"]
    return go.Scatter(
        x=groups.index.astype(str),
        y=values,
        mode="markers",
        name=drawn(name),
        marker={"size": 10, "color": color, "symbol": symbol},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (groups["spearman_high"] - values).clip(lower=0),
            "arrayminus": (values - groups["spearman_low"]).clip(lower=0),
            "color": color,
            "thickness": 1.5,
            "width": 4,
        },
        customdata=groups[["cells", "spearman_low", "spearman_high"]].to_numpy(),
        hovertemplate=(
            f"<b>{drawn(name)}</b>, %{{x}}<br>Spearman: %{{y:+.3f}}"
            "<br>95% interval: %{customdata[1]:+.3f} to %{customdata[2]:+.3f}"
            f"<br>%{{customdata[0]:,}} {words.many}<extra></extra>"
        ),
    )


def _bars(groups: pd.DataFrame, words: Words) -> go.Bar:
    return go.Bar(
        x=groups.index.astype(str),
        y=groups["cells"],
        marker={"color": GREY, "opacity": 0.6},
        showlegend=False,
        text=[f"{count:,}" for count in groups["cells"]],
        textposition="auto",
        customdata=groups["median_accuracy"],
        hovertemplate=f"%{{x}}: %{{y:,}} {words.many}<br>median accuracy: %{{customdata:.2f}} %<extra></extra>",
    )
