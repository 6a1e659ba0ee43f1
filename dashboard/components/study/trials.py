"""All trials of a study as a table, or those of one kind."""

import pandas as pd
import streamlit as st

from dashboard.components.linked_choice import LinkedChoice
from dashboard.components.links import link_trial
from dashboard.components.study_axes import Axes
from dashboard.components.trial_tables import trials_table

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
