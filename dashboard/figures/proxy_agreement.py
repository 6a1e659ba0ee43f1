"""How alike proxies rank architectures: a heat map of their rank correlations."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from dashboard.figures.template import GREY, add_note, new_figure
from dashboard.text import drawn

# Blue to orange through a grey that is quiet on light and dark pages; the colour-blind tell the ends apart.
DIVERGING = ((0.0, "#b35806"), (0.25, "#f6bd74"), (0.5, "#e4e4ea"), (0.75, "#a3cbe6"), (1.0, "#0b5a94"))
_ROW_HEIGHT, _FRAME_HEIGHT = 28, 130
_MOST_NUMBERS = 24
STRONG = 0.72


def proxy_agreement(matrix: pd.DataFrame) -> go.Figure:
    """A square a pair, blue where two rank alike and orange where one turns the other's order round.

    Args:
        matrix: as ``backend.analysis.correlation.agreement`` gives it.
    """
    figure = new_figure(_FRAME_HEIGHT + _ROW_HEIGHT * len(matrix))
    if len(matrix) < 2:
        add_note(figure, "Two quantities at least are needed.")
        return figure
    names = [drawn(str(name)) for name in matrix.columns]
    figure.add_trace(
        go.Heatmap(
            z=matrix.to_numpy(),
            x=names,
            y=names,
            zmin=-1,
            zmax=1,
            colorscale=DIVERGING,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            hovertemplate="%{y}<br>%{x}<br>Spearman: %{z:+.3f}<extra></extra>",
            colorbar={"title": {"text": "Spearman", "side": "right"}, "thickness": 10, "outlinewidth": 0},
        )
    )
    if len(matrix) <= _MOST_NUMBERS:
        figure.add_trace(_numbers(matrix))
    figure.update_yaxes(autorange="reversed", showgrid=False, ticks="")
    figure.update_xaxes(showgrid=False, ticks="", tickangle=-45, tickfont={"color": GREY})
    figure.update_layout(margin={"l": 8, "r": 8, "t": 12, "b": 8})
    return figure


def _numbers(matrix: pd.DataFrame) -> go.Scatter:
    """Each correlation on its square, dark on the pale squares and white on the others."""
    names = [drawn(str(name)) for name in matrix.columns]
    values = matrix.to_numpy()
    squares = [
        (row, column) for row in range(len(names)) for column in range(len(names)) if pd.notna(values[row, column])
    ]
    return go.Scatter(
        x=[names[column] for _, column in squares],
        y=[names[row] for row, _ in squares],
        text=[f"{values[square]:.2f}".replace("-", "−") for square in squares],
        mode="text",
        textfont={
            "size": 11,
            "color": ["#ffffff" if abs(values[square]) > STRONG else "#1b222b" for square in squares],
        },
        hoverinfo="skip",
        showlegend=False,
    )
