"""The trials of a study as tables: the best in the mission's columns, and all of them."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

import pandas as pd
import streamlit as st
from streamlit.column_config import CheckboxColumn, Column, NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Enumerable, capability
from backend.studies import trial_schema as schema
from backend.studies.trials import HARDWARE, SCALED, SOFTWARE, TRUTH
from dashboard.data.quantities import is_foreign, label, plottable, quantity
from dashboard.widgets.tables import csv_button

_HEIGHT, _ROWS_IN_HEIGHT = 420, 11
GROUPS = (SOFTWARE, HARDWARE, SCALED, TRUTH)
_GROUP_HELP: Final = {
    SOFTWARE: "Raw score of the zero-cost proxy.",
    HARDWARE: "Hardware metric: lower is better, but for a throughput.",
    SCALED: "Raw score times its scale: what is optimised.",
    TRUTH: "What is known of the trained network.",
}


def _of_trials(space: SearchSpace | None) -> dict[str, ColumnConfig]:
    """The columns of all trials: number, index and architecture."""
    listed = capability(space, Enumerable) if space else None
    last = f" of {space.title}, 0 to {listed.size - 1:,}" if space and listed else ""
    return {
        "number": NumberColumn("trial", pinned=True, width="small", help="Number of the trial."),
        "index": NumberColumn(space.words.one.capitalize() if space else "Index", format="%d", help=f"Index{last}."),
        "arch": TextColumn("Architecture", width="large"),
    }


def spread_metrics(best: pd.DataFrame) -> pd.DataFrame:
    """The mission's table with each metric in a column of its own, under its group.

    Args:
        best: as ``backend.studies.best_table`` gives it.

    Returns:
        Columns ("number", ""), ("index", "") where any has one, (group, metric) in the groups' order, ("arch", "").
    """
    first = ["number", *(["index"] if best["index"].notna().any() else [])]
    columns: dict[tuple[str, str], pd.Series] = {(name, ""): best[name] for name in first}
    for group in GROUPS:
        metrics = dict.fromkeys(name for row in best[group] for name in row)
        # The accuracy is what the reader looks for: it comes first.
        for metric in sorted(metrics, key=lambda name: not name.endswith("accuracy")):
            columns[group, metric] = schema.numbers([row.get(metric) for row in best[group]])
    columns["arch", ""] = best["arch"]
    frame = pd.DataFrame(columns)
    frame.columns = pd.MultiIndex.from_tuples(list(columns))
    return frame


class BestTrials(NamedTuple):
    """The best trials as :func:`spread_metrics` spreads them, and how the columns are shown."""

    spread: pd.DataFrame
    formats: dict[Any, ColumnConfig]


def best_trials(best: pd.DataFrame, space: SearchSpace | None) -> BestTrials:
    """The trials of ``backend.studies.best_table`` with each metric in a column under its group.

    Args:
        best: the trials.
        space: that they are of; None where it is not known here.
    """
    spread, columns = spread_metrics(best), _of_trials(space)
    # Streamlit counts the hidden index as column 0; columns of two levels have no other name for it.
    pairs = [(str(pair[0]), str(pair[1])) for pair in spread.columns]
    formats: dict[Any, ColumnConfig] = {
        position: columns[group] if group in columns else _metric_column(spread[group, metric], group, metric)
        for position, (group, metric) in enumerate(pairs, start=1)
    }
    return BestTrials(spread, formats)


def best_trials_table(made: BestTrials, epochs: int, file_stem: str, on_select: Callable[[], None]) -> None:
    """The best trials, and a button for the CSV.

    Args:
        made: the table.
        epochs: training length of the truth in it.
        file_stem: of the CSV file.
        on_select: called when a row is chosen; the row is in ``st.session_state["best_trials"]``.
    """
    spread = made.spread
    st.dataframe(
        spread,
        key="best_trials",
        hide_index=True,
        column_config=made.formats,
        on_select=on_select,
        selection_mode="single-row",
        placeholder="–",
        alt="Best trials with their metrics",
    )
    flat = spread.set_axis([".".join(filter(None, pair)) for pair in spread.columns], axis="columns")
    csv_button(flat, f"{file_stem} best trials {epochs} epochs", "download_best")


def _metric_column(values: pd.Series, group: str, metric: str) -> ColumnConfig:
    known = quantity(metric)
    unit, more = (known.unit, known.help) if group == HARDWARE else ("", "")
    return NumberColumn(
        f"{metric} ({unit})" if unit else metric,
        format=_format(values, "%" if metric.endswith("accuracy") else ""),
        help=f"{_GROUP_HELP[group]} {more}".rstrip(),
    )


def trials_table(
    frame: pd.DataFrame,
    first: Iterable[str],
    key: str,
    stem: str,
    on_select: Callable[[], None],
    space: SearchSpace | None = None,
) -> None:
    """Trials with all that was recorded, and a button for the CSV; a row can be chosen.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it, in the order to show.
        first: columns to put in front, such as the objectives.
        key: of the widget; the button's is ``download_<key>``.
        stem: of the name of the CSV file.
        on_select: called when a row is chosen; the row is in ``st.session_state[key]``.
        space: that they are of; None where there is none that is known here.
    """
    numbers, columns = plottable(frame, first), _of_trials(space)
    index = ["index"] if "index" in frame and frame["index"].notna().any() else []
    words = [name for name in map(str, frame) if is_foreign(name) and name not in numbers]
    breaks = ["breaks"] if frame["breaks"].notna().any() else []
    order = [name for name in ("number", "state", *breaks, "pareto", *index, *numbers, *words, "arch") if name in frame]
    formats = {column: number_column(frame[column]) for column in numbers} | {
        **{column: Column(label(column)) for column in words},
        "number": NumberColumn("Trial", pinned=True, width="small"),
        "state": TextColumn("State", width="small"),
        "breaks": TextColumn("Breaks", width="large", help="The constraints that an infeasible trial breaks."),
        "pareto": CheckboxColumn("Best", width="small", help="On the front of the study's own objectives."),
        "index": columns["index"],
        "arch": columns["arch"],
    }
    st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=_HEIGHT if len(frame) > _ROWS_IN_HEIGHT else "auto",
        column_order=order,
        column_config=formats,
        on_select=on_select,
        selection_mode="single-row",
        placeholder="–",
        alt="Trials of the study",
    )
    csv_button(frame, stem, f"download_{key}")


def number_column(values: pd.Series) -> ColumnConfig:
    """How a column of numbers is shown: its name, unit, digits and tooltip."""
    known = quantity(str(values.name))
    return NumberColumn(known.label, format=_format(values, known.unit), help=known.help or None)


def _format(values: pd.Series, unit: str) -> str:
    """Two decimals for percentages, all digits of whole numbers, else five significant digits."""
    if unit == "%":
        return "%.2f"
    known = values.dropna()
    return "localized" if len(known) and bool((known % 1 == 0).all()) else "%.5g"
