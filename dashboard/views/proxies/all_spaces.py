"""Which proxy to trust: all of them on every task of every space whose truth is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend import proxies
from backend.analysis.proxy_table import BASELINES, REPEAT, TaskColumn, average_ranks
from backend.json_records import json_records
from dashboard.cards.base import Card
from dashboard.cards.proxies import table_card
from dashboard.data import proxy_table as queries
from dashboard.data.proxies import RESAMPLES
from dashboard.data.proxy_table import Counted
from dashboard.figures.proxy_ranking import STATISTIC_NAMES
from dashboard.links import TABLE_PARAMETER, link_architecture, set_parameter
from dashboard.text import plain
from dashboard.views.proxies.choices import DATASET_PARAMETER, EPOCHS_PARAMETER, PAGE_VIEW, PROXY_PARAMETER, VIEW
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice, LinkedChoices
from dashboard.widgets.score_source import link_source
from dashboard.widgets.tables import csv_button

_STATISTIC: Final = LinkedChoice("statistic", {name: STATISTIC_NAMES[name] for name in ("spearman", "kendall")})
_BEST: Final = LinkedChoice("best", {"100": "All", "50": "Best 50%", "25": "Best 25%", "10": "Best 10%"})
_COUNT: Final = LinkedChoice("count", {"cells": "All architectures", "classes": "Unique architectures"})
_CHART: Final = "proxy_table"


def all_spaces() -> None:
    """The view: controls, the table as a chart or in numbers, and why values are missing."""
    every, problems = queries.columns()
    spaces = LinkedChoices("spaces", {column.space.name: column.space.title for column in every})
    within = [column for column in every if column.space.name in spaces.values]
    tasks = LinkedChoices("tasks", {column.key: column.title for column in every})
    rows = LinkedChoices("proxies", {name: name for name in proxies.available()})
    for problem in (*problems, *(item.problem for item in (_STATISTIC, _BEST, _COUNT, VIEW, spaces, tasks, rows))):
        if problem:
            st.warning(plain(problem), icon=":material/link_off:")
    if not every:
        st.info("The truth of no search space is known here.", icon=":material/info:")
        return
    counted, statistic = _controls(spaces, tasks, rows)
    columns = [column for column in within if column.key in tasks.values]
    table, unread = queries.table(columns, rows.values, counted)
    for problem in unread:
        st.warning(plain(problem), icon=":material/link_off:")
    card = table_card(table, columns, statistic)
    if card.figure is None:
        show(card, "proxies by tasks")
        return
    st.markdown(_verdict(table, statistic))
    _shown(card, columns, statistic)
    _notes(table, columns)
    _resample(columns, table, counted, statistic)


def _controls(spaces: LinkedChoices, tasks: LinkedChoices, rows: LinkedChoices) -> tuple[Counted, str]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        with st.container(width="content"):
            statistic = _STATISTIC.segments("Correlation", "Spearman's ρ or Kendall's τ-b with the truth of the task.")
        with st.container(width="content"):
            share = _BEST.segments(
                "Among",
                "Of each task's architectures those of the best truth: whether a proxy tells good ones from the best.",
            )
        with st.container(width="content"):
            by = _COUNT.segments("Count", "Architectures that compute the same function share their scores.")
    for place, choices, label, words in zip(
        st.columns(3),
        (spaces, tasks, rows),
        ("Search spaces", "Tasks", "Proxies"),
        ("Whose tasks are shown.", "Columns of the table.", "Rows of the table; average ranks are among those."),
        strict=True,
    ):
        with place:
            choices.dropdown(label, words)
    return Counted(int(share) / 100, by == "classes"), statistic


def _verdict(table: pd.DataFrame, statistic: str) -> str:
    """One sentence for who reads no further."""
    ranks = average_ranks(table, statistic)["average_rank"].dropna()
    if ranks.empty:
        return "No architectures were scored for these tasks: only their sizes are known."
    best = str(ranks.index[0])
    scored = table[table["scored_on"] != ""]
    text = f"**{plain(best)}** has the best average rank: {ranks.iloc[0]:.1f} of {len(ranks)}."
    values = scored.pivot_table(statistic, ["space", "task"], "proxy")
    baselines = [name for name in BASELINES if name in values]
    if best not in baselines and baselines:
        known = values[[best, *baselines]].dropna()
        above = int((known[best] > known[baselines].max(axis="columns")).sum())
        text += f" It ranks better than {' and '.join(baselines)} on {above} of {len(known)} tasks."
    return text


def _shown(card: Card, columns: Sequence[TaskColumn], statistic: str) -> None:
    with VIEW.tabs():
        if VIEW.value == "chart":
            show(card, "proxies by tasks", on_select=lambda: _open_clicked(columns))
        else:
            _numbers(card.data, statistic)
            csv_button(
                card.data, "proxies by tasks", f"download_{card.key}", "What the table shows, with all its digits."
            )
        st.download_button(
            "Download JSON",
            lambda: json.dumps(json_records(card.data), indent=1).encode(),
            file_name="proxies by tasks.json",
            mime="application/json",
            icon=":material/data_object:",
            key="download_json",
            on_click="ignore",
            help="The same as JSON, a record a square.",
        )


def _numbers(table: pd.DataFrame, statistic: str) -> None:
    """The squares as rows, with their intervals and what they rest on."""
    low, high = table[f"{statistic}_low"], table[f"{statistic}_high"]
    shown = pd.DataFrame(
        {
            "task": table["space_title"] + ", " + table["task"],
            "proxy": table["proxy"],
            "rank": table["average_rank"],
            "value": table[statistic],
            "interval": [None if pd.isna(a) else f"{a:+.3f} … {b:+.3f}" for a, b in zip(low, high, strict=True)],
            "architectures": table["architectures"],
            "scored_on": table["scored_on"],
            "note": table["note"],
        }
    )
    st.dataframe(
        shown,
        hide_index=True,
        height=560,
        placeholder="–",
        column_config={
            "task": TextColumn("Task"),
            "proxy": TextColumn("Proxy", pinned=True),
            "rank": NumberColumn("Average rank", format="%.1f", width=90),
            "value": NumberColumn(STATISTIC_NAMES[statistic], format="%+.3f"),
            "interval": TextColumn("95% interval", help="Bootstrap, percentiles.", width=130),
            "architectures": NumberColumn("Rests on", format="localized", help="Architectures, or classes."),
            "scored_on": TextColumn("Scored on", help="The data set whose images were scored."),
            "note": TextColumn("Note", width="large"),
        },
        alt="Rank correlation of each proxy with the truth of each task",
    )


def _notes(table: pd.DataFrame, columns: Sequence[TaskColumn]) -> None:
    st.caption(
        "More is better: of a proxy that is better when lower, the sign is turned. Bold: the baselines, which need no "
        f"network. {REPEAT.capitalize()}: how well two trainings of the same architectures rank them alike, about the "
        "most that a proxy can reach. Average rank: over the tasks whose architectures were scored; a proxy without a "
        f"value counts as the middle. Intervals: {RESAMPLES} bootstrap resamples. Click a square for its scatter plot."
    )
    carried = [
        f"{column.title}: scores of {column.scored_on}'s images"
        for column in columns
        if column.scored_on and column.scored_on != column.task.dataset
    ]
    noted = table[table["note"].ne("")]
    groups = noted.groupby(["space_title", "task", "note"], sort=False)["proxy"].agg(", ".join).reset_index()
    lines = (groups["space_title"] + ", " + groups["task"] + ": " + groups["proxy"] + ": " + groups["note"]).tolist()
    with st.expander("Where the values are from, and why some are missing", icon=":material/info:"):
        st.markdown("\n".join(f"- {plain(line)}" for line in [*carried, *lines]))


def _resample(columns: Sequence[TaskColumn], table: pd.DataFrame, counted: Counted, statistic: str) -> None:
    """Resample what was not resampled before, with progress, and draw the page again."""
    missing = queries.missing_intervals(columns, table, counted, statistic)
    if not missing:
        return
    bar = st.progress(0.0)
    for done, (column, name) in enumerate(missing):
        bar.progress(done / len(missing), text=f"Resampling for the 95% intervals: {done} of {len(missing)} values")
        queries.compute_interval(column, name, counted, statistic)
    st.rerun()


def _open_clicked(columns: Sequence[TaskColumn]) -> None:
    """Show the scores of the square that was clicked, beside the truth of its task."""
    data = clicked(_CHART)
    column = next((column for column in columns if data and column.key == str(data[0])), None)
    if column is None or column.file is None:
        return
    link_source((TABLE_PARAMETER, column.file.name))
    link_architecture(None)
    PAGE_VIEW.choose("scores")
    set_parameter(PROXY_PARAMETER, None if data[1] == REPEAT else str(data[1]))
    set_parameter(DATASET_PARAMETER, column.task.dataset)
    set_parameter(EPOCHS_PARAMETER, str(column.task.epochs))
