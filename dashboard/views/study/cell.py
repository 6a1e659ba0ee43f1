"""The cell that is chosen on a study's page, and those like it."""

from __future__ import annotations

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend.spaces.nas_bench_201.cell import EDGES, Cell
from backend.truth import measures
from backend.truth.fields import EPOCHS
from dashboard.data import queries
from dashboard.data.quantities import label
from dashboard.figures.cell_graph import OPERATION_NAMES
from dashboard.links import (
    TRIAL_PARAMETER,
    cell_problem,
    known_cell,
    link_cell,
    link_trial,
    linked_trial,
    set_parameter,
    trial_problem,
)
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.cell_card import cell_card, cell_row
from dashboard.widgets.study_axes import Axes
from dashboard.widgets.tables import csv_button

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


def _table(cell: Cell, frame: pd.DataFrame, accuracies: pd.Series[float]) -> pd.DataFrame:
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


def cell_section(shown: Shown) -> None:
    """The card of the trial or the cell in the link, or of the latest or best; the cells like it below."""
    for problem in filter(None, (trial_problem(), cell_problem())):
        st.warning(plain(problem), icon=":material/link_off:")
    summary, frame, axes, active = shown.summary, shown.frame, shown.axes, shown.active
    dataset = summary.config.dataset if summary.config else None
    row, title = _shown(frame, axes, dataset, active=active)
    if row is None:
        st.info(title, icon=":material/info:")
    else:
        cell_card(row, title, dataset, objectives=axes.objectives, bounds=axes.bounds)
    if linked_trial() is not None or known_cell() is not None:
        st.button(
            "Follow the search" if active else "Show the best cell",
            icon=":material/undo:",
            key="clear_trial",
            help="Take the chosen trial out of the page's link.",
            on_click=link_trial,
            args=(None,),
        )
    if row is not None and isinstance(row.get("arch"), str) and dataset:
        similar_cells(Cell.parse(row["arch"]), shown, dataset)


def _shown(frame: pd.DataFrame, axes: Axes, dataset: str | None, *, active: bool) -> tuple[pd.Series | None, str]:
    """The trial of the link, or its cell; without one the latest of a live study, or the best of an ended one."""
    number, cell = linked_trial(), known_cell()
    if number is not None:
        at = frame.index[frame["number"] == number]
        return (frame.loc[at[0]], "Selected cell") if len(at) else (None, f"This study has no trial {number} yet.")
    if cell is not None and "arch" in frame:
        tried = frame.index[(frame["index"] == cell.index) & (frame["state"] == "complete")]
        if len(tried):
            return frame.loc[tried[0]], "Selected cell"
        return cell_row(cell, dataset), "Selected cell, which this study has not tried"
    complete = frame.index[frame["state"] == "complete"]
    if complete.empty:
        return None, "The cell of the first completed trial appears here."
    if active:
        return frame.loc[complete[-1]], "Latest cell"
    values = frame.loc[complete, axes.objectives[0]].dropna() if axes.objectives else pd.Series(dtype=float)
    if values.empty:
        on_front = frame.index[frame["pareto"]]
        return frame.loc[on_front[0] if len(on_front) else complete[-1]], "Best cell"
    place = int(values.argmin() if axes.direction(axes.objectives[0]) == "minimize" else values.argmax())
    return frame.loc[values.index[place]], f"Best cell by {label(axes.objectives[0])}"
