"""Clicks that lead to an architecture: on a chart's marker, or on a row of a table."""

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from backend.spaces.base import Label, SearchSpace, label_of
from dashboard.cards.base import Card
from dashboard.links import link_architecture
from dashboard.text import plain
from dashboard.widgets.charts import clicked, picture_options

CHART_CONFIG: Final = {
    "displayModeBar": "hover",
    "displaylogo": False,
    # Twice as many pixels each way, the default, take four times as long where no graphics card draws them.
    "plotGlPixelRatio": 1,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
_HEIGHT, _ROWS_IN_HEIGHT = 420, 15
_CLICKED, _MARKED = "clicked_architecture", "marked_architecture"


def title_of(space: SearchSpace, label: Label) -> str:
    """An architecture as a heading, in Markdown."""
    name = space.named(f"{label:,}" if isinstance(label, int) else label)
    return plain(f"{name[0].upper()}{name[1:]}")


def architecture_chart(card: Card, *, fragment: str | None = None, config: Mapping[str, object] = CHART_CONFIG) -> None:
    """The chart of a card whose markers stand for architectures; a click on one puts it into the page's link.

    Args:
        card: the markers of its figure carry their architecture's label as customdata.
        fragment: key of the part of the page that shows the architecture; None: all of it.
        config: of Plotly.
    """
    if card.figure is None:
        st.info(plain(card.why_not), icon=":material/info:")
        return
    st.plotly_chart(
        card.figure,
        key=card.key,
        on_select=partial(_link_marker, card.key, fragment),
        selection_mode="points",
        config={**config, "toImageButtonOptions": picture_options(card.key.replace("_", " "))},
        alt=card.words,
    )


def marked(chart: str, axes: Hashable, label: Label | None) -> Label | None:
    """The architecture that a chart's figure is to mark.

    A click moves the mark in the browser. The figure then stays the same, so that it is neither sent nor drawn again
    and keeps its zoom; one that was chosen elsewhere, or other axes, make another figure.

    Args:
        chart: key of the chart.
        axes: what else the figure depends on.
        label: of the page's architecture.
    """
    if st.session_state.get(_CLICKED) == (chart, label):
        before: Label | None
        known_axes, before = st.session_state.get(f"{_MARKED}:{chart}", (None, None))
        if known_axes == axes:
            return before
    st.session_state[f"{_MARKED}:{chart}"] = axes, label
    return label


def architecture_table(table: pd.DataFrame, key: str, formats: Mapping[str, ColumnConfig], alt: str) -> None:
    """A table with an architecture a row; choosing a row puts it into the page's link.

    Args:
        table: its column ``index`` holds labels.
        key: of the widget; another list needs another.
        formats: how the columns are shown.
        alt: description for screen readers.
    """
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=_HEIGHT if len(table) > _ROWS_IN_HEIGHT else "content",
        column_config=dict(formats),
        on_select=partial(_link_row, key, table["index"].tolist()),
        selection_mode="single-row",
        placeholder="–",
        alt=alt,
    )


def _link_marker(chart: str, fragment: str | None) -> None:
    if data := clicked(chart):
        label = label_of(data[0])
        link_architecture(label)
        st.session_state[_CLICKED] = chart, label
    st.rerun(fragment or "app")


def _link_row(key: str, labels: list[Label]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        link_architecture(labels[rows[0]])
    st.rerun()
