"""A cell beside a chart: its graph and how good it is, and the way to all about it."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from backend.datasets.info import DATASETS
from backend.spaces.nas_bench_201.cell import Cell
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.figures import cell_graph
from dashboard.figures.numbers import readable
from dashboard.links import known_cell, link_cell
from dashboard.views.benchmark.choices import VIEW
from dashboard.widgets.charts import drawing_config

PANEL: Final = "cell_panel_fragment"


@st.fragment(key=PANEL)
def cell_panel(best: Cell, words: str) -> None:
    """Draw the page's cell with its accuracies and ranks.

    Args:
        best: the cell to show where the link names none.
        words: why it is this one.
    """
    linked = known_cell()
    cell = linked or best
    with st.container(border=True, key="cell_panel"):
        st.markdown(f"**Cell {cell.index:,}**")
        st.caption("Chosen cell" if linked else words)
        st.plotly_chart(
            cell_graph(cell),
            key="panel_graph",
            config=drawing_config(f"cell {cell.index}"),
            alt=f"Graph of the cell {cell}",
        )
        st.code(str(cell), language=None, wrap_lines=True)
        for epochs in (200, 12):
            _accuracies(cell, [m for name in DATASETS for m in measures.known_accuracies(name) if _is_test(m, epochs)])
        st.button(
            "All about this cell",
            icon=":material/open_in_full:",
            key="open_cell",
            on_click=_open,
            args=(cell.index,),
            help="All its records, twins and neighbours.",
        )


def _is_test(measure: Measure, epochs: int) -> bool:
    return (measure.key, measure.epochs) == ("test-accuracy", epochs)


def _accuracies(cell: Cell, shown: Sequence[Measure]) -> None:
    """Test accuracies after one length of training, which are all from one release."""
    rows = []
    for measure in shown:
        place = queries.standing_of(cell, measure)
        rows.append(
            {
                "Data set": measure.dataset,
                "Accuracy": readable(place["value"], "%"),
                "Rank": readable(place["rank"]),
            }
        )
    releases = ", ".join(dict.fromkeys(measure.release for measure in shown))
    st.caption(f"Test accuracy after {shown[0].epochs} epochs, rank of 15,625 [{releases}]")
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _open(index: int) -> None:
    link_cell(index)
    VIEW.choose("cell")
    st.rerun()
