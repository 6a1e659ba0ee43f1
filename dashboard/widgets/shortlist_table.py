"""The table of cells to train first."""

import pandas as pd
import streamlit as st
from streamlit.column_config import ImageColumn, NumberColumn

from backend.spaces.nas_bench_201.cell import Cell
from dashboard.figures.cell_picture import cell_picture
from dashboard.links import link_cell
from dashboard.widgets.tables import csv_button


def shortlist_table(table: pd.DataFrame, key: str, stem: str) -> None:
    """Draw it; choosing a row puts the cell into the page's link.

    Args:
        table: as ``backend.ensembles.recommendation.training_plan`` gives it, with expected, low and high where known.
        key: of the table, unique on the page.
        stem: of the name of the CSV file.
    """
    indices = [int(index) for index in table.index]
    cells = [Cell.from_index(index) for index in indices]
    shown = pd.DataFrame(
        {"rank": range(1, len(table) + 1), "cell": [cell_picture(cell) for cell in cells], "index": indices}
    )
    if "expected" in table:
        shown["expected"] = table["expected"].to_numpy()
        shown["interval"] = [_interval(row) for _, row in table.iterrows()]
    shown["accuracy"], shown["hours"] = table["accuracy"].to_numpy(), table["hours"].to_numpy()
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        height="content",
        row_height=64,
        column_config={
            "rank": NumberColumn("Rank", width=50),
            "cell": ImageColumn("Cell", help="Its graph: node 0 is the input, 3 the output.", width=150),
            "index": NumberColumn("Index", format="localized", help="Official index of NAS-Bench-201."),
            "expected": NumberColumn("Expected (%)", format="%.2f"),
            "interval": "95% interval (%)",
            "accuracy": NumberColumn("True (%)", format="%.2f", help="What NAS-Bench-201's training gave."),
            "hours": NumberColumn("Training (h)", format="%.2f", help="On the benchmark's GPU."),
        },
        on_select=lambda: _link_row(key, indices),
        selection_mode="single-row",
        placeholder="–",
        alt=f"The {len(table)} cells to train first",
    )
    csv_button(table.reset_index().assign(arch=[str(cell) for cell in cells]), stem, f"download_{key}")


def _interval(row: pd.Series) -> str | None:
    return None if pd.isna(row["low"]) else f"{row['low']:.2f} … {row['high']:.2f}"


def _link_row(key: str, cells: list[int]) -> None:
    if rows := st.session_state[key]["selection"]["rows"]:
        link_cell(cells[rows[0]])
