"""The first view of a study: how it gets on, its fronts, the cell that is chosen, and the best trials."""

from functools import partial

import streamlit as st

from dashboard import queries
from dashboard.components.errors import plain
from dashboard.components.links import link_trial
from dashboard.components.study.cell import cell_section
from dashboard.components.study.pareto import pareto_section
from dashboard.components.study.progress import progress_section
from dashboard.components.study.recommended import recommended_line, recommended_section
from dashboard.components.study.shown import Shown
from dashboard.components.trial_tables import best_trials, best_trials_table, trials_table
from dashboard.kept import kept


def overview(shown: Shown) -> None:
    """Draw it."""
    recommended_line(shown.summary, active=shown.active)
    if shown.axes.columns:
        charts, cell = st.columns([3, 2], gap="small")
        with charts:
            progress_section(shown)
            pareto_section(shown)
        with cell:
            cell_section(shown)
    recommended_section(shown.summary, active=shown.active)
    _best(shown)


def _best(shown: Shown) -> None:
    summary = shown.summary
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = queries.best(summary, epochs)
    st.subheader("Best trials", anchor="best-trials")
    if best.empty:
        st.caption("The trials that no other beats in all objectives appear here, with their true accuracies.")
        return
    count = f"{len(best):,} trial{'' if len(best) == 1 else 's'} that no other beats in all objectives"
    limits = " and ".join(plain(item.shown) for item in summary.config.constraints) if summary.config else ""
    among = f", among those that keep {limits}" if limits else ""
    records = f"; NAS-Bench-201's records after {epochs} epochs" if shown.axes.truth else ""
    st.caption(
        f"{count}{among}{records}. Choose a row to see {'it alone' if summary.config_text is None else 'its cell'}."
    )
    numbers = best["number"].tolist()
    if summary.config_text is None:
        rows = shown.frame[shown.frame["number"].isin(numbers)].reset_index(drop=True)
        on_select = partial(link_row, "best_trials", numbers)
        trials_table(rows, shown.axes.objectives, "best_trials", f"{summary.name} best trials", on_select)
        return
    # Most trials leave the front as it is.
    made = kept(shown.key[:-1], "best trials", (numbers, epochs), lambda: best_trials(best))
    best_trials_table(made, epochs, summary.name, lambda: link_row("best_trials", numbers))


def link_row(table: str, numbers: list[int]) -> None:
    """Put the trial of a table's chosen row into the page's link."""
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))
