"""The first view of a study: how it gets on, its fronts, the cell that is chosen, and the best trials."""

import pandas as pd
import streamlit as st

from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.errors import plain
from dashboard.components.links import link_trial
from dashboard.components.study.cell import cell_section
from dashboard.components.study.pareto import pareto_section
from dashboard.components.study.progress import progress_section
from dashboard.components.study.recommended import recommended_section
from dashboard.components.study_axes import Axes
from dashboard.components.trial_tables import best_trials_table


def overview(summary: StudySummary, frame: pd.DataFrame, axes: Axes, *, active: bool) -> None:
    """Draw it."""
    if axes.columns:
        charts, cell = st.columns([3, 2], gap="small")
        with charts:
            progress_section(summary, frame, axes)
            pareto_section(frame, axes, summary.name)
        with cell:
            cell_section(summary, frame, axes, active=active)
    recommended_section(summary, active=active)
    _best(summary, axes)


def _best(summary: StudySummary, axes: Axes) -> None:
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = queries.best(summary, epochs)
    st.subheader("Best trials", anchor="best-trials")
    if best.empty:
        st.caption("The trials that no other beats in all objectives appear here, with their true accuracies.")
        return
    count = f"{len(best):,} trial{'' if len(best) == 1 else 's'} that no other beats in all objectives"
    kept = " and ".join(plain(item.shown) for item in summary.config.constraints) if summary.config else ""
    among = f", among those that keep {kept}" if kept else ""
    records = f"; NAS-Bench-201's records after {epochs} epochs" if axes.truth else ""
    st.caption(f"{count}{among}{records}. Choose a row to see its cell.")
    numbers = best["number"].tolist()
    best_trials_table(best, epochs, summary.name, lambda: link_row("best_trials", numbers))


def link_row(table: str, numbers: list[int]) -> None:
    """Put the trial of a table's chosen row into the page's link."""
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))
