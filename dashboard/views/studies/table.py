"""The table of studies, and above it what waits in this machine's queue."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.column_config import ButtonColumn, ListColumn, NumberColumn, ProgressColumn, TextColumn

from backend.runs import queue, queueing
from backend.spaces import registry
from backend.spaces.capabilities import truth_field
from backend.studies import StudySummary
from backend.studies.overview import FEWEST_CELLS, Overview
from dashboard.data import queries
from dashboard.links import open_study
from dashboard.widgets.errors import kept_errors
from dashboard.widgets.run_actions import writing
from dashboard.widgets.study_filters import progress
from dashboard.widgets.tables import look
from dashboard.widgets.times import time_column


def queue_notice() -> None:
    """One line on the queue; nothing where nothing waits."""
    database = queries.database()
    waiting = queue.all_waiting(database)
    if not waiting:
        return
    searches = _said_to_wait(waiting)
    at_once = queue.parallel(database)
    with st.container(horizontal=True, vertical_alignment="center", key="queue_notice"):
        if queue.worker_alive(database):
            st.caption(f":material/schedule: {searches} on this machine, which runs up to {at_once} at once.")
        else:
            st.caption(f":material/pause_circle: {searches} on this machine, and nothing is there to start them.")
            st.button(
                "Start the queue",
                icon=":material/play_arrow:",
                key="start_queue",
                on_click=_start,
                **writing("Start the process that launches them in their order; it outlives the dashboard."),
            )


def _said_to_wait(waiting: Sequence[queue.Waiting]) -> str:
    searches = sum(item.kind == "search" for item in waiting)
    trained = len(waiting) - searches
    parts = ["1 search" if searches == 1 else f"{searches} searches"] if searches else []
    parts += [f"the training of {'1 study' if trained == 1 else f'{trained} studies'}"] if trained else []
    return f"{' and '.join(parts)} {'waits' if len(waiting) == 1 else 'wait'}"


def _start() -> None:
    with kept_errors():
        queueing.start_worker(queries.database())


_OPEN = "open_study"
_CHOSEN = "chosen_studies"
_LONGEST_NOTE = 80


def studies_frame(summaries: Sequence[StudySummary], overviews: Mapping[int, Overview]) -> pd.DataFrame:
    """The studies, one a row, in the given order.

    Returns:
        Columns open, name, state, progress (%), accuracy (%), proxy, spearman, dataset, objectives (list), sampler,
        trials, started (UTC), where and note; problem after the state where any has one, and space before the data set
        where they are not all of the default space.
    """
    rows = [_row(item, overviews.get(item.study_id)) for item in summaries]
    left_out = set()
    if not any(row["problem"] for row in rows):
        left_out.add("problem")
    if all(item.space_name in {None, registry.DEFAULT} for item in summaries):
        left_out.add("space")
    return pd.DataFrame([{name: value for name, value in row.items() if name not in left_out} for row in rows])


def study_table(
    summaries: Sequence[StudySummary], overviews: Mapping[int, Overview], *, complete: bool
) -> list[StudySummary]:
    """Show the studies, an Open button on each; returns those that are chosen for the actions.

    Args:
        summaries: in the order to show.
        overviews: by study id.
        complete: whether all overviews that there can be are there.
    """
    event = st.dataframe(
        studies_frame(summaries, overviews),
        # A choice is a row's position: a list of other studies, or in another order, needs another widget.
        key=f"studies_table_{_digest(summaries)}",
        hide_index=True,
        column_config={
            "open": ButtonColumn("", key=_OPEN, width=80, pinned=True),
            "name": TextColumn("Study", pinned=True, width=210),
            "state": TextColumn("State", width=125),
            "problem": TextColumn("Problem", width=320, help="Why a study's settings are not known."),
            "progress": ProgressColumn("Progress", format="%d%%", min_value=0, max_value=100, width=110),
            "accuracy": NumberColumn(
                "Best accuracy (%)",
                format="%.2f",
                width=130,
                help="Highest true test accuracy that is known of what was found, after the epochs its file names; "
                "none where what is known is no accuracy.",
            ),
            "proxy": TextColumn(
                "Best proxy",
                width=110,
                help="The proxy whose values rank the study's architectures most like their true accuracies do, or, "
                "where ρ is negative, the other way round.",
            ),
            "spearman": NumberColumn(
                "Its Spearman ρ",
                format="%.2f",
                width=110,
                help="Rank correlation with true accuracy, over the study's distinct architectures: at least "
                f"{FEWEST_CELLS}.",
            ),
            "space": TextColumn("Search space", width=130),
            "dataset": TextColumn("Data set", width=120),
            "objectives": ListColumn("Objectives", help="What is optimised."),
            "sampler": TextColumn("Sampler", width=80),
            "trials": NumberColumn(
                "Trials", format="localized", width=70, help="All trials, repeats and invalid ones included."
            ),
            "started": time_column("Started", width=140),
            "where": TextColumn("Runs on", width=170, help="Machine and device of its last run."),
            "note": TextColumn("Note", width=220, help="The first words of what was noted on it."),
        },
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": _chosen_rows(summaries), "columns": [], "cells": []}},
        placeholder="–" if complete else "…",
        alt="Studies",
    )
    if click := st.session_state.get(_OPEN):
        open_study(summaries[click["row"]].name)
    chosen = [summaries[row] for row in event["selection"]["rows"] if row < len(summaries)]
    _remember(summaries, chosen)
    return chosen


def _remember(listed: Sequence[StudySummary], chosen: Sequence[StudySummary]) -> None:
    """Keep the choice for the next list; studies that a filter hides stay chosen until they are listed again."""
    shown = {item.study_id for item in listed}
    hidden = [study_id for study_id in st.session_state.get(_CHOSEN, []) if study_id not in shown]
    st.session_state[_CHOSEN] = [*hidden, *(item.study_id for item in chosen)]


def _digest(summaries: Sequence[StudySummary]) -> str:
    return hashlib.sha256(repr([item.study_id for item in summaries]).encode()).hexdigest()[:12]


def _chosen_rows(summaries: Sequence[StudySummary]) -> list[int]:
    """Rows of the studies that were chosen before the list changed; at first the newest."""
    newest = max(summaries, key=lambda item: (item.created is not None, item.created, item.study_id))
    chosen = st.session_state.get(_CHOSEN, [newest.study_id])
    return [row for row, item in enumerate(summaries) if item.study_id in chosen]


def _row(item: StudySummary, found: Overview | None) -> dict[str, object]:
    run, found = item.run, found or Overview()
    started = run.started if run else item.created
    return {
        "open": "Open",
        "name": item.name,
        "state": look(run).word,
        "problem": item.file_problem or None,
        "progress": progress(item),
        "accuracy": found.accuracy if truth_field(item.space, item.trained_on).unit == "%" else np.nan,
        "proxy": found.proxy or None,
        "spearman": found.spearman if found.proxy else np.nan,
        "space": item.space.title if item.space else item.space_name,
        "dataset": item.dataset,
        "objectives": item.objectives,
        "sampler": item.sampler,
        "trials": item.trials,
        "started": started.replace(tzinfo=None) if started else None,
        "where": " · ".join(filter(None, (run.host, run.device))) or None if run else None,
        "note": _first_words(item.note),
    }


def _first_words(note: str) -> str | None:
    line = " ".join(note.split())
    return (line if len(line) <= _LONGEST_NOTE else f"{line[:_LONGEST_NOTE]}…") or None
