"""The table of studies."""

import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, DatetimeColumn, ListColumn, NumberColumn, ProgressColumn, TextColumn

from backend.studies import StudySummary
from dashboard.components.links import open_study
from dashboard.components.states import look

_OPEN = "open_study"


def studies_frame(summaries: list[StudySummary]) -> pd.DataFrame:
    """The studies, one a row, in the given order.

    Returns:
        Columns name, open, state, progress (%), dataset, objectives (list), sampler, trials, created (UTC).
    """
    return pd.DataFrame([_row(item) for item in summaries])


def study_table(summaries: list[StudySummary]) -> StudySummary | None:
    """Show the studies; an Open button on each, and one row chosen for the actions below the table.

    Returns:
        The chosen study.
    """
    # The choice is a row's position: another list of studies needs another widget.
    identity = f"{len(summaries)}_{summaries[0].study_id}"
    event = st.dataframe(
        studies_frame(summaries),
        key=f"studies_table_{identity}",
        hide_index=True,
        column_config={
            "open": ButtonColumn("", key=_OPEN, width=80, pinned=True),
            "name": TextColumn("Study", pinned=True),
            "state": TextColumn("State", width=120),
            "progress": ProgressColumn("Progress", format="%d%%", min_value=0, max_value=100, width=120),
            "dataset": TextColumn("Data set", width=120),
            "objectives": ListColumn("Objectives", help="What is optimised."),
            "sampler": TextColumn("Sampler", width=80),
            "trials": NumberColumn("Trials", width=70, help="All trials, repeats and disconnected cells included."),
            "created": DatetimeColumn("Created (UTC)", format="YYYY-MM-DD HH:mm", width=140),
        },
        on_select="rerun",
        selection_mode="single-row-required",
        placeholder="–",
        alt="Studies",
    )
    if click := st.session_state.get(_OPEN):
        open_study(summaries[click["row"]].name)
    rows = event["selection"]["rows"]
    return summaries[rows[0]] if rows else None


def _row(item: StudySummary) -> dict[str, object]:
    run, config = item.run, item.config
    return {
        "open": "Open",
        "name": item.name,
        "state": look(run).word,
        "progress": 100 * run.done / run.asked if run and run.asked else None,
        "dataset": config.dataset if config else None,
        "objectives": item.objectives,
        "sampler": config.setup.sampler if config else None,
        "trials": item.trials,
        "created": item.created.replace(tzinfo=None) if item.created else None,
    }
