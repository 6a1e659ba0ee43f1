"""How long the trials of a study took."""

import pandas as pd
import streamlit as st

from backend.analysis.timeline import timeline
from dashboard.components.charts import chart, clicked
from dashboard.components.links import link_trial
from dashboard.figures import scoring_seconds
from dashboard.figures.numbers import duration, readable

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
