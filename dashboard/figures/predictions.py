"""Predicted against true accuracy, a marker an architecture."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from backend.spaces.base import WORDS, Label, Words
from backend.spaces.truth_tasks import ACCURACY, TruthField
from dashboard.figures.proxy_scatter import WEBGL_FROM
from dashboard.figures.template import (
    BLUE,
    GREY,
    OUTLINE,
    VERMILION,
    add_note,
    new_figure,
)

_RING = 15


def predictions(
    groups: dict[str, pd.DataFrame],
    *,
    is_accuracy: bool,
    target: str,
    selected: Label | None = None,
    says: str | None = None,
    words: Words = WORDS,
    field: TruthField = ACCURACY,
) -> go.Figure:
    """A scatter with the line where prediction and truth are equal.

    Args:
        groups: by what they are, the last on top: frames by label with predicted and accuracy (%).
        is_accuracy: whether predictions are accuracies; if not, there is no such line.
        target: title of the vertical axis.
        selected: label of the architecture to ring.
        says: title of the horizontal axis; None takes that of the predictions.
        words: what the space calls its architectures.
        field: what is predicted.

    Returns:
        A figure whose markers carry their architecture's label as customdata.
    """
    figure = new_figure(height=480)
    known = {name: group.dropna() for name, group in groups.items()}
    points = pd.concat(known.values()) if known else pd.DataFrame(columns=["predicted", "accuracy"])
    if points.empty:
        add_note(figure, f"No {words.one} has both a prediction and a true accuracy.")
        return figure
    colors = [GREY, BLUE][-len(known) :]
    for (name, group), color in zip(known.items(), colors, strict=True):
        figure.add_trace(_markers(group, name, color, words, field))
    if is_accuracy:
        low, high = points["accuracy"].quantile(0.005), points["accuracy"].max()
        line = {"color": OUTLINE, "width": 1.5, "dash": "dot"}
        figure.add_shape(type="line", x0=low, y0=low, x1=high, y1=high, line=line, layer="below")
    last = list(known.values())[-1]
    if selected in last.index:
        figure.add_trace(_ring(last.loc[[selected]]))
    says = says or (field.with_unit(f"Predicted {field.said}") if is_accuracy else "Sum of log ranks (0 is the most)")
    figure.update_xaxes(title=says)
    figure.update_yaxes(title=target)
    figure.update_layout(dragmode="zoom", uirevision=f"{says} {list(groups)}")
    return figure


def _markers(group: pd.DataFrame, name: str, color: str, words: Words, field: TruthField) -> go.Scatter | go.Scattergl:
    many = len(group) >= WEBGL_FROM
    kind, size = (go.Scattergl, 4) if many else (go.Scatter, 8)
    shape, number = (".2f" if field.unit == "%" else ".4g"), ":," if pd.api.types.is_integer_dtype(group.index) else ""
    return kind(
        x=group["predicted"],
        y=group["accuracy"],
        mode="markers",
        name=name,
        marker={"color": color, "size": size, "opacity": 0.45 if color == GREY or many else 0.8},
        customdata=group.index.to_numpy().reshape(-1, 1),
        hovertemplate=f"{words.one.capitalize()} %{{customdata[0]{number}}}<br>predicted %{{x:{shape}}}"
        f"<br>true %{{y:{shape}}} {field.unit}<extra></extra>",
        unselected={"marker": {"opacity": 0.45}},
    )


def _ring(row: pd.DataFrame) -> go.Scatter:
    return go.Scatter(
        x=row["predicted"],
        y=row["accuracy"],
        mode="markers",
        marker={"symbol": "circle-open", "size": _RING, "color": VERMILION, "line": {"width": 3}},
        hoverinfo="skip",
        showlegend=False,
    )
