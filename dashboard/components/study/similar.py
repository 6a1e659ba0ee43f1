"""The cells like a chosen one: its twins and those one edit away, and which of them the study tried."""

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend.benchmark import EPOCHS, measures
from backend.cells import EDGES, Cell
from dashboard import queries
from dashboard.components.download import csv_button
from dashboard.components.links import TRIAL_PARAMETER, link_cell, link_trial, set_parameter
from dashboard.components.study.shown import Shown
from dashboard.figures.cell_graph import OPERATION_NAMES

_HEIGHT = 290


def similar_cells(cell: Cell, shown: Shown, dataset: str) -> None:
    """A table of them; choosing a row shows that cell.

    Args:
        cell: the chosen one.
        shown: the study.
        dataset: of the true accuracies.
    """
    measure = measures.accuracy(dataset, EPOCHS[-1])
    table = shown.kept(
        "similar cells", (cell.index, dataset), lambda: _table(cell, shown.frame, queries.standings(measure)["value"])
    )
    tried = int(table["trial"].notna().sum())
    better = int((table["gain"] > 0).sum())
    with st.container(border=True, key="similar_cells"):
        st.markdown(
            "**Similar cells**",
            help="Twins compute the same function: what their accuracies differ by is the noise of training. The 24 "
            "neighbours differ in the operation on one edge.",
        )
        st.caption(
            f"{len(table)} cells, {tried} of them tried by this study; {better} are better by {measure.label}. "
            "Choose a row to see its cell."
        )
        key = f"similar_{cell.index}"
        st.dataframe(
            table,
            key=key,
            hide_index=True,
            height=_HEIGHT,
            column_config={
                "how": TextColumn("How", width=120, help="A twin, or the edge that is changed and its operation."),
                "accuracy": NumberColumn("Accuracy (%)", format="%.2f", help=measure.label),
                "gain": NumberColumn("Gain", format="%+.2f", help="Percentage points more than the chosen cell."),
                "trial": NumberColumn("Trial", format="%d", help="Of this study; empty where it has not tried it."),
                "index": NumberColumn("Cell", format="%d", help="Official index."),
            },
            on_select=lambda: _link_row(key, table),
            selection_mode="single-row",
            placeholder="–",
            alt=f"Cells similar to cell {cell.index}",
        )
        csv_button(table, f"{shown.summary.name} similar to cell {cell.index}", "download_similar")


def _table(cell: Cell, frame: pd.DataFrame, accuracies: "pd.Series[float]") -> pd.DataFrame:
    edits = cell.neighbours()
    twins = cell.twins()
    how = ["twin"] * len(twins) + [
        "{} → {}: {}".format(*EDGES[edit.edge], OPERATION_NAMES[edit.operation]) for edit in edits
    ]
    indices = [twin.index for twin in twins] + [edit.cell.index for edit in edits]
    tried = frame.loc[frame["index"].isin(indices) & (frame["state"] == "complete"), ["index", "number"]]
    numbers = tried.drop_duplicates("index").set_index("index")["number"]
    table = pd.DataFrame({"how": how, "accuracy": accuracies.loc[indices].to_numpy()})
    table["gain"] = table["accuracy"] - accuracies[cell.index]
    table["trial"] = numbers.reindex(indices).to_numpy()
    table["index"] = indices
    # A neighbour can be a twin as well: it stands once, as that.
    return table.drop_duplicates("index").sort_values("accuracy", ascending=False, ignore_index=True)


def _link_row(key: str, table: pd.DataFrame) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if not rows:
        return
    row = table.iloc[rows[0]]
    if pd.notna(row["trial"]):
        link_trial(int(row["trial"]))
    else:
        set_parameter(TRIAL_PARAMETER, None)
        link_cell(int(row["index"]))
