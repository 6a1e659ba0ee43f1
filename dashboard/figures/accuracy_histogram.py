"""How the true accuracies of a whole space are distributed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from backend.analysis.distribution import histogram
from backend.spaces.base import WORDS, Label, Words
from backend.truth.measures import Measure
from dashboard.figures.template import BLUE, ORANGE, add_note, new_figure
from dashboard.text import drawn

BIN_WIDTH = 0.5
"""Points of accuracy."""
_BINS = 100
"""Of what is not in percent."""

_COLORS = (BLUE, ORANGE)


def accuracy_histogram(
    table: pd.DataFrame, measures: Sequence[Measure], selected: Label | None = None, words: Words = WORDS
) -> go.Figure:
    """Architectures by accuracy in bins of half a point, up to two trainings over each other.

    Args:
        table: one column ``measure.sourced`` each, by label.
        measures: accuracies; each is named with its release.
        selected: label of the architecture whose accuracies are marked.
        words: what the space calls its architectures.
    """
    figure = new_figure(height=520)
    if not measures:
        add_note(figure, "The table knows no such accuracy of this data set.")
        return figure
    for measure, color in zip(measures, _COLORS, strict=False):
        values = table[measure.sourced]
        figure.add_trace(_bars(values, measure, color, words))
        if selected is not None and selected in values.index:
            name = f"{selected:,}" if isinstance(selected, int) else drawn(selected)
            _mark(figure, float(values[selected]), f"{words.one} {name}, {measure.epochs} epochs", color)
    title = "True accuracy (%)" if measures[0].unit == "%" else drawn(f"True {measures[0].titled}")
    figure.update_layout(barmode="overlay", bargap=0, xaxis_title=title, yaxis_title=words.many.capitalize())
    figure.update_layout(margin={"t": 64}, legend={"y": 1.06}, dragmode="zoom", uirevision=measures[0].dataset)
    return figure


def _bars(values: pd.Series[float], measure: Measure, color: str, words: Words) -> go.Bar:
    width = BIN_WIDTH if measure.unit == "%" else max(float(values.max() - values.min()) / _BINS, 1e-9)
    bins = histogram(values, width)
    shape = ".1f" if measure.unit == "%" else ".3g"
    return go.Bar(
        x=bins["low"].to_numpy(),
        y=bins["cells"].to_numpy(),
        width=width,
        offset=0,
        name=f"{measure.title}, {measure.epochs} epochs [{measure.release}]",
        marker={"color": color, "opacity": 0.6, "line": {"width": 0}},
        customdata=bins["high"].to_numpy(),
        hovertemplate=f"%{{x:{shape}}} to %{{customdata:{shape}}} {measure.unit}: <b>%{{y:,}} "
        f"{words.many}</b><extra>{measure.epochs} epochs</extra>",
    )


def _mark(figure: go.Figure, value: float, text: str, color: str) -> None:
    """A line at an accuracy, its label to the left: good architectures are near the right end."""
    figure.add_vline(
        x=value,
        line={"color": color, "width": 2, "dash": "dot"},
        annotation={"text": text, "xanchor": "right", "font": {"size": 12}},
    )
