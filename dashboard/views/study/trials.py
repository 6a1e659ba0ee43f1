"""All trials of a study as a table, and how long they took."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from backend.analysis.search_curves import timeline
from dashboard.figures import scoring_seconds
from dashboard.figures.numbers import duration, readable
from dashboard.links import link_trial
from dashboard.widgets.charts import chart, clicked
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.study_axes import Axes
from dashboard.widgets.trial_tables import trials_table

_CHART = "seconds_chart"
_HOUR = 3600


def time_view(frame: pd.DataFrame, name: str) -> None:
    """Seconds by trial, and what they add up to."""
    wanted = ["number", "state", "index", "arch", "C", "N", "seconds", "finished"]
    shown = frame[[column for column in wanted if column in frame]]
    known = shown.dropna(subset="seconds")
    if known.empty:
        st.info("No trial has recorded how long it took.", icon=":material/info:")
        return
    seconds, cells = known["seconds"], timeline(shown)
    clock = float(cells["clock_seconds"].max()) if len(cells) else 0.0
    with st.container(key="time_figures"):
        grid = st.grid(4, min_column_width=150)
        grid.metric("Median", readable(float(seconds.median()), "s"), help="Half of the trials took less.")
        grid.metric(
            "95 % within", readable(float(seconds.quantile(0.95)), "s"), help="One trial in twenty took longer."
        )
        grid.metric("All together", duration(seconds.sum()), help="Added up over all trials, parallel ones too.")
        pace = readable(len(cells) / clock * _HOUR) if clock else "–"
        grid.metric("Cells an hour", pace, help="Distinct cells by the clock, from the first trial to the last.")
    chart(
        scoring_seconds(known),
        known,
        f"{name} seconds a trial",
        _CHART,
        "Seconds that each trial took",
        on_select=_link_clicked,
    )
    st.caption(
        "Wall time of each trial. A repeated cell, or one that was scored before, takes next to nothing. Click a "
        "marker, then open the overview to see its cell."
    )


def _link_clicked() -> None:
    if data := clicked(_CHART):
        link_trial(int(data[0]))


_ALL, _BEST = "all", "best"
_TABLE = "all_trials"


def trials_view(frame: pd.DataFrame, axes: Axes, name: str) -> None:
    """The table with its filter, the newest trial on top."""
    if frame.empty:
        st.caption("No trial yet.")
        return
    counts = frame["state"].value_counts()
    kinds = {_ALL: f"All ({len(frame):,})", _BEST: f"Best ({int(frame['pareto'].sum()):,})"}
    kinds |= {str(state): f"{str(state).capitalize()} ({count:,})" for state, count in counts.items()}
    kind = LinkedChoice("which", kinds).segments("Trials", "Which trials the table lists, by how they ended.")
    if kind == _BEST:
        frame = frame[frame["pareto"]]
    elif kind != _ALL:
        frame = frame[frame["state"] == kind]
    newest_first = frame.iloc[::-1].reset_index(drop=True)
    numbers = newest_first["number"].tolist()
    st.caption("Choose a row, then open the overview to see it alone.")
    first = [*axes.objectives, *axes.bounds]
    trials_table(newest_first, first, _TABLE, f"{name} trials", lambda: _link_row(numbers))


def _link_row(numbers: list[int]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))
