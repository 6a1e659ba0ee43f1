"""Clicks that lead to a cell: on a chart's marker, or on a row of a table."""

from collections.abc import Hashable, Mapping
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st
from plotly import graph_objects as go
from streamlit.elements.lib.column_types import ColumnConfig

from dashboard.links import link_cell
from dashboard.widgets.charts import clicked, picture_options

CHART_CONFIG: Final = {
    "displayModeBar": "hover",
    "displaylogo": False,
    # Twice as many pixels each way, the default, take four times as long where no graphics card draws them.
    "plotGlPixelRatio": 1,
    "modeBarButtonsToRemove": ["select2d", "lasso2d"],
}
_HEIGHT, _ROWS_IN_HEIGHT = 420, 15
_CLICKED, _MARKED = "clicked_cell", "marked_cell"


def cell_chart(
    figure: go.Figure, key: str, alt: str, *, fragment: str | None = None, config: Mapping[str, object] = CHART_CONFIG
) -> None:
    """A chart whose markers stand for cells; a click on one puts its cell into the page's link.

    Args:
        figure: its markers carry their cell's official index as customdata.
        key: of the chart.
        alt: description for screen readers.
        fragment: key of the part of the page that shows the cell; None: all of it.
        config: of Plotly.
    """
    st.plotly_chart(
        figure,
        key=key,
        on_select=partial(_link_marker, key, fragment),
        selection_mode="points",
        config={**config, "toImageButtonOptions": picture_options(key.replace("_", " "))},
        alt=alt,
    )


def marked_cell(chart: str, axes: Hashable, cell: int | None) -> int | None:
    """The cell that a chart's figure is to mark.

    A click moves the mark in the browser. The figure then stays the same, so that it is neither sent nor drawn again
    and keeps its zoom; a cell from elsewhere, or other axes, make another figure.

    Args:
        chart: key of the chart.
        axes: what else the figure depends on.
        cell: official index of the page's cell.
    """
    if st.session_state.get(_CLICKED) == (chart, cell):
        known_axes, marked = st.session_state.get(f"{_MARKED}:{chart}", (None, None))
        if known_axes == axes:
            return int(marked) if marked is not None else None
    st.session_state[f"{_MARKED}:{chart}"] = axes, cell
    return cell


def cell_table(table: pd.DataFrame, key: str, formats: Mapping[str, ColumnConfig], alt: str) -> None:
    """A table with a cell a row; choosing a row puts its cell into the page's link.

    Args:
        table: its column ``index`` holds official indices.
        key: of the widget; another list of cells needs another.
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
        index = int(data[0])
        link_cell(index)
        st.session_state[_CLICKED] = chart, index
    st.rerun(fragment or "app")


def _link_row(key: str, cells: list[int]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        link_cell(int(cells[rows[0]]))
    st.rerun()
