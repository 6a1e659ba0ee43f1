"""One proxy against true accuracy, a marker a cell, and the card of the cell that is chosen."""

import pandas as pd
import streamlit as st

from backend.analysis.cell_groups import Grouping
from backend.analysis.cell_scores import BENCHMARK_SIZE
from backend.cells import Cell
from dashboard import proxy_queries
from dashboard.components.cell_card import cell_card
from dashboard.components.cell_row import cell_row
from dashboard.components.charts import chart, clicked
from dashboard.components.links import CELL_PARAMETER, link_cell, linked_cell, set_parameter
from dashboard.components.proxies.choices import ACCURACY, ONE_COLOUR, against_choice, color_choice, scale_choice
from dashboard.figures.proxy_scatter import proxy_scatter
from dashboard.proxy_queries import Source, Target

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


def cell_section(source: Source, target: Target) -> None:
    """The cell of the link; without one the most accurate."""
    selected = linked_cell()
    accuracy = proxy_queries.accuracy(target.dataset, target.epochs).reindex(source.scores.index)
    if selected is None:
        cell, title = Cell.from_index(accuracy.index[int(accuracy.argmax())]), "Most accurate cell here"
    else:
        cell, title = selected, "Selected cell"
    if cell.index in source.scores.index:
        cell_card(_row(source, cell), title, source.dataset, objectives=source.objectives)
    else:
        why = "The study did not try it." if source.kind == "study" else "It connects nothing, or was not scored."
        st.info(f"Cell {cell.index:,} has no score here. {why}", icon=":material/info:")
    if selected is not None:
        st.button(
            "Show the most accurate cell",
            icon=":material/undo:",
            key="clear_cell",
            help="Take the chosen cell out of the page's link.",
            on_click=_clear,
        )


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


def _clear() -> None:
    set_parameter(CELL_PARAMETER, None)


def _row(source: Source, cell: Cell) -> pd.Series:
    """The cell as a row of a table of trials: a trial of the study, or what the table knows."""
    if source.trials is not None:
        channels, cells_per_stage = BENCHMARK_SIZE
        trials = source.trials
        own = (trials["index"] == cell.index) & (trials["C"] == channels) & (trials["N"] == cells_per_stage)
        return trials[own & (trials["state"] == "complete")].iloc[0]
    return cell_row(
        cell, source.dataset, {str(name): float(column[cell.index]) for name, column in source.scores.items()}
    )


def _link_clicked() -> None:
    if data := clicked(_CHART):
        link_cell(int(data[0]))
