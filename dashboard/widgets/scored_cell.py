"""The cell that the page's link names, with its scores on the page; without one the most accurate."""

import pandas as pd
import streamlit as st

from backend.analysis.scores import labelled
from backend.spaces.nas_bench_201.cell import Cell
from dashboard.data import proxies as proxy_queries
from dashboard.data.proxies import Source, Target
from dashboard.links import CELL_PARAMETER, linked_cell, set_parameter
from dashboard.widgets.cell_card import cell_card, cell_row


def scored_cell(source: Source, target: Target) -> None:
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


def _clear() -> None:
    set_parameter(CELL_PARAMETER, None)


def _row(source: Source, cell: Cell) -> pd.Series:
    """The cell as a row of a table of trials: a trial of the study, or what the table knows."""
    if source.trials is not None:
        trials = labelled(source.trials, source.space)
        return trials.loc[[cell.index]].iloc[0]
    return cell_row(
        cell, source.dataset, {str(name): float(column[cell.index]) for name, column in source.scores.items()}
    )
