"""All trials of a study as a table, and how long they took."""

from __future__ import annotations

import streamlit as st

from backend.analysis.search_curves import timeline
from dashboard.cards import parameters as parameter_cards
from dashboard.cards import study as cards
from dashboard.data import queries
from dashboard.figures.numbers import duration, readable
from dashboard.links import link_trial
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.trial_tables import trials_table

_HOUR = 3600


def time_view(shown: Shown) -> None:
    """Seconds by trial, and what they add up to."""
    words, card = queries.words_of(shown.summary), cards.seconds(shown.summary, shown.frame)
    when = shown.kept("timeline card", (), lambda: parameter_cards.timeline(shown.summary))
    if card.figure is None:
        show(card, shown.summary.name)
        show(when, f"{shown.summary.name} timeline", heading=True, caption=True)
        return
    seconds, scored = card.data["seconds"], timeline(shown.frame)
    clock = float(scored["clock_seconds"].max()) if len(scored) else 0.0
    with st.container(key="time_figures"):
        grid = st.grid(4, min_column_width=150)
        grid.metric("Median", readable(float(seconds.median()), "s"), help="Half of the trials took less.")
        grid.metric(
            "95 % within", readable(float(seconds.quantile(0.95)), "s"), help="One trial in twenty took longer."
        )
        grid.metric("All together", duration(seconds.sum()), help="Added up over all trials, parallel ones too.")
        pace = readable(len(scored) / clock * _HOUR) if clock else "–"
        grid.metric(
            f"{words.many.capitalize()} an hour",
            pace,
            help=f"Distinct {words.many} by the clock, from the first trial to the last.",
        )
    show(card, f"{shown.summary.name} seconds a trial", on_select=lambda: _link_clicked(card.key))
    st.caption(
        f"Wall time of each trial. A repeated {words.one}, or one that was scored before, takes next to nothing. Click "
        f"a marker, then open the overview to see its {words.one}."
    )
    show(when, f"{shown.summary.name} timeline", heading=True, caption=True)


def _link_clicked(key: str) -> None:
    if data := clicked(key):
        link_trial(int(data[0]))


_ALL, _BEST = "all", "best"
_TABLE = "all_trials"


def trials_view(shown: Shown) -> None:
    """The table with its filter, the newest trial on top."""
    frame, axes = shown.frame, shown.axes
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
    trials_table(
        newest_first, first, _TABLE, f"{shown.summary.name} trials", lambda: _link_row(numbers), shown.summary.space
    )


def _link_row(numbers: list[int]) -> None:
    rows = st.session_state[_TABLE]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))
