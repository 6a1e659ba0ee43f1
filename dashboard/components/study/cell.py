"""The cell that is chosen on a study's page, and those like it."""

import pandas as pd
import streamlit as st

from backend.cells import Cell
from dashboard.components.cell_card import cell_card
from dashboard.components.cell_row import cell_row
from dashboard.components.errors import plain
from dashboard.components.links import cell_problem, known_cell, link_trial, linked_trial, trial_problem
from dashboard.components.study.shown import Shown
from dashboard.components.study.similar import similar_cells
from dashboard.components.study_axes import Axes
from dashboard.figures.quantities import label


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
