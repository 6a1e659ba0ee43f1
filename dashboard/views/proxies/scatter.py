"""One proxy against true accuracy, a marker a cell, and the card of the cell that is chosen."""

import pandas as pd
import streamlit as st

from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.features import Grouping
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source, Target
from dashboard.figures.proxy_scatter import proxy_scatter
from dashboard.links import link_cell, linked_cell
from dashboard.views.proxies.choices import ACCURACY, ONE_COLOUR, against_choice, color_choice, scale_choice
from dashboard.widgets.charts import chart, clicked

_CHART = "proxy_scatter"


def scatter_section(source: Source, target: Target, proxy: str) -> None:
    """The scatter with its controls; a click puts a cell into the page's link."""
    with st.container(border=True, key="scatter_section"):
        against, scale, color = st.columns(3)
        with against:
            y = against_choice(source)
        with scale:
            scaling = scale_choice()
        with color:
            shade = color_choice(source)
        vertical = _accuracy_name(target) if y == ACCURACY else y
        cells, shaded = _cells(source, target, proxy, y, shade)
        selected = linked_cell()
        figure = proxy_scatter(
            cells,
            proxy,
            vertical,
            x_scale=scaling,
            y_scale="linear" if y == ACCURACY else scaling,
            color=shaded,
            selected=selected.index if selected else None,
        )
        chart(
            figure,
            lambda: cells.assign(arch=[str(Cell.from_index(int(index))) for index in cells.index]).reset_index(),
            f"{source.name} {proxy} against {target.dataset if y == ACCURACY else y}",
            _CHART,
            f"{vertical} against {proxy}, a marker a cell",
            on_select=_link_clicked,
        )
        st.caption(f"{len(cells.dropna(subset=[proxy, vertical])):,} cells. Click one to see it; drag to zoom.")


def _accuracy_name(target: Target) -> str:
    return f"True test accuracy, {target.dataset}, {target.epochs} epochs (%)"


def _cells(
    source: Source, target: Target, proxy: str, against: str, shade: Grouping | str
) -> tuple[pd.DataFrame, str | None]:
    """What the chart shows, and the name of the column with the colour."""
    index = source.scores.index
    accuracy = proxy_queries.accuracy(target.dataset, target.epochs).reindex(index)
    columns = {proxy: source.scores[proxy], _accuracy_name(target): accuracy}
    if against != ACCURACY:
        columns[against] = source.scores[against]
    shaded: str | None = None
    if isinstance(shade, Grouping):
        shaded = shade.title[0].upper() + shade.title[1:]
        columns[shaded] = proxy_queries.groups(shade.name, shade).reindex(index)
    elif shade == ACCURACY:
        shaded = _accuracy_name(target)
    elif shade != ONE_COLOUR:
        shaded = shade
        columns[shade] = source.scores[shade]
    return pd.DataFrame(columns), shaded


def _link_clicked() -> None:
    if data := clicked(_CHART):
        link_cell(int(data[0]))
