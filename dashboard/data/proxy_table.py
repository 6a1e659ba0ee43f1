"""The table of proxies by tasks of all spaces, cached: each column once for all visitors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from backend import proxies
from backend.analysis import proxy_table
from backend.analysis.correlation import PLAIN_STATISTICS
from backend.analysis.proxy_table import Judged, TaskColumn
from backend.errors import UserError
from backend.truth import imported
from dashboard.data.proxies import RESAMPLES, tables

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Counted:
    """Which architectures count.

    Attributes:
        share: of them, those of the best truth.
        by_class: whether those that compute the same function count once.
    """

    share: float = 1.0
    by_class: bool = False


def columns() -> tuple[list[TaskColumn], list[str]]:
    """The tasks of all spaces, as ``backend.analysis.proxy_table.task_columns``, and what cannot be read."""
    return proxy_table.task_columns(tables())


def table(chosen: Sequence[TaskColumn], names: Sequence[str], counted: Counted) -> tuple[pd.DataFrame, list[str]]:
    """The rows of columns, with those intervals that :func:`compute_interval` was called for.

    Args:
        chosen: the columns.
        names: the proxies.
        counted: which architectures.

    Returns:
        As ``backend.analysis.proxy_table.correlations``, without proxies that have no value at all; and a line on each
        column that cannot be read.
    """
    problems, parts = [], []
    for column in chosen:
        try:
            rows = _points(_key(column), counted, proxies.available(), column)
        except UserError as error:
            problems.append(str(error))
            continue
        rows = rows[rows["proxy"].isin(names) | (rows["kind"] == "ceiling")].set_index("proxy")
        for statistic in PLAIN_STATISTICS:
            known = {
                name: row for name, row in _intervals(_key(column), counted, statistic).items() if name in rows.index
            }
            rows.update(pd.DataFrame.from_dict(known, orient="index"))
        parts.append(rows.reset_index())
    if not parts:
        return pd.DataFrame(), problems
    return proxy_table.with_any_score(pd.concat(parts, ignore_index=True)), problems


def missing_intervals(
    chosen: Sequence[TaskColumn], shown: pd.DataFrame, counted: Counted, statistic: str
) -> list[tuple[TaskColumn, str]]:
    """The values of a table whose intervals were not resampled yet.

    Args:
        chosen: the columns.
        shown: what :func:`table` gives of them.
        counted: which architectures.
        statistic: of the intervals.
    """
    known = shown[shown[statistic].notna() & (shown["kind"] != "ceiling")]
    there = known.groupby(["space", "task"])["proxy"].agg(list).to_dict()
    return [
        (column, name)
        for column in chosen
        for name in there.get((column.space.name, column.task.dataset), [])
        if name not in _intervals(_key(column), counted, statistic)
    ]


def compute_interval(column: TaskColumn, name: str, counted: Counted, statistic: str) -> None:
    """Resample one value: a tenth of a second on fifteen thousand architectures, and half a second for Kendall."""
    found = proxy_table.correlation(
        _judged(_key(column), counted.by_class, column), name, counted.share, [statistic], RESAMPLES
    )
    ends = {end: found[end] for end in (f"{statistic}_low", f"{statistic}_high")}
    _intervals(_key(column), counted, statistic)[name] = ends


def _key(column: TaskColumn) -> Key:
    file = column.file
    changed = (str(file.path), file.path.stat().st_mtime_ns) if file else ()
    return (column.key, column.task.epochs, *changed, imported.stamp())


@st.cache_resource(show_spinner=False, max_entries=100)
def _judged(key: Key, by_class: bool, _column: TaskColumn) -> Judged:
    del key
    return proxy_table.judged(_column, by_class=by_class)


@st.cache_data(show_spinner=False, max_entries=400)
def _points(key: Key, counted: Counted, names: tuple[str, ...], _column: TaskColumn) -> pd.DataFrame:
    return proxy_table.correlations(_column, _judged(key, counted.by_class, _column), names, counted.share)


@st.cache_resource(show_spinner=False, max_entries=400)
def _intervals(key: Key, counted: Counted, statistic: str) -> dict[str, dict[str, float]]:
    """What was resampled, held for all visitors: the entries fill one by one."""
    del key, counted, statistic
    return {}
