"""Any two or three quantities against each other, with their front as chart and as table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.analysis.pareto import pareto_front, weakest_rank
from backend.spaces.base import Words
from backend.spaces.capabilities import HasTruth
from backend.spaces.truth_tasks import Direction
from dashboard.cards import study as cards
from dashboard.cards.base import Card
from dashboard.data import queries
from dashboard.data.axes import Axes
from dashboard.data.optuna_studies import log_parameters
from dashboard.data.quantities import infinite_words, label
from dashboard.links import link_trial, linked_trial, parameters, set_parameter
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice, LinkedZoom
from dashboard.widgets.study_axes import NONE, axis_choice
from dashboard.widgets.tables import csv_button
from dashboard.widgets.trial_tables import number_column

_PARAMETER: Final = "log"
_KEY: Final = "linked_log"
_NO_AXIS: Final = "none"
_NAMES: Final = dict(zip("xyz", ("Horizontal", "Vertical", "Third"), strict=True))


def log_choice(frame: pd.DataFrame, quantities: Sequence[str], default: Collection[str] = ()) -> tuple[str, ...]:
    """Show the control, where an axis can be logarithmic; returns the columns that are.

    Args:
        frame: the trials, with a column a quantity.
        quantities: on the axes, two or three.
        default: columns that are logarithmic until the reader chooses.
    """
    able = [axis for axis, column in zip(_NAMES, quantities, strict=False) if _positive(frame, column)]
    if not able:
        return ()
    columns = dict(zip(_NAMES, quantities, strict=False))
    asked, usual = parameters(_PARAMETER), [axis for axis in able if columns[axis] in default]
    chosen = [axis for axis in able if axis in asked] if asked else usual
    st.session_state[_KEY] = chosen
    st.pills(
        "Logarithmic",
        able,
        selection_mode="multi",
        format_func=_NAMES.__getitem__,
        key=_KEY,
        help="Axes on a logarithmic scale; those whose values are all above 0 can be.",
        on_change=_link,
        kwargs={"usual": usual},
    )
    return tuple(columns[axis] for axis in chosen)


def _positive(frame: pd.DataFrame, column: str) -> bool:
    if column not in frame:
        return False
    values = frame.loc[frame["state"].isin(["complete", "infeasible"]), column].to_numpy(dtype=float)
    known = values[np.isfinite(values)]
    return known.size > 0 and bool(known.min() > 0)


def _link(usual: Sequence[str]) -> None:
    chosen = st.session_state[_KEY]
    # An empty choice says so in the link, where it is not the usual one.
    set_parameter(_PARAMETER, chosen or ([_NO_AXIS] if usual else None))


_HEIGHT, _ROWS_IN_HEIGHT = 300, 7
_WORST: Final = "worst_rank"


class _Front(NamedTuple):
    """The trials on a front as a table, and how its columns are shown."""

    table: pd.DataFrame
    formats: dict[str, ColumnConfig]


def pareto_section(shown: Shown) -> None:
    """The chart with its controls, and the table of its front; a click in either chooses the trial in both."""
    frame, axes, name = shown.frame, shown.axes, shown.summary.name
    words = queries.words_of(shown.summary)
    with st.container(border=True, key="pareto_section"):
        title = " and ".join(plain(label(column)) for column in _quantities(axes))
        st.markdown(
            f"**Pareto front of {title}**",
            help=f"The {words.many} that no other {words.one} beats in all the quantities shown; one that breaks a "
            "constraint is never among them. Click a marker, or a row of the table, to see it; the box tool above the "
            "chart zooms.",
        )
        quantities, color = _choose(axes)
        log, selected = log_choice(frame, quantities, log_parameters(shown.summary)), linked_trial()
        zoom = LinkedZoom("pareto-zoom", *quantities) if len(quantities) == 2 else None

        def make() -> Card:
            card = cards.pareto(shown.summary, frame, axes, quantities, color, selected=selected, log=log)
            if zoom:
                zoom.apply(card.figure)
            return card

        choices = (quantities, log, color, selected, zoom.ranges if zoom else None)
        card = shown.kept("pareto card", choices, make)
        show(card, f"{name} {' and '.join(quantities)}", on_select=lambda: _link_clicked(card.key), zoom=zoom)
        ways = ", ".join(f"{_way(axes, column)} {plain(label(column))}" for column in dict.fromkeys(quantities))
        no_click = "" if zoom else f" Drag to turn it; to see {words.a}, choose its row below: markers take no clicks."
        not_drawn = shown.kept("not drawn", (quantities,), lambda: _not_drawn(frame, quantities))
        st.caption(f"Better: {ways}." + not_drawn + _no_truth(shown) + no_click)
        goals = axes.goals(list(dict.fromkeys(quantities)))
        _show_front(shown.kept("front", (quantities, color), lambda: _front(frame, goals, color)), name, words)


def _no_truth(shown: Shown) -> str:
    if shown.axes.truth:
        return ""
    missing = queries.lacking(shown.summary, HasTruth)
    words = queries.words_of(shown.summary)
    return (
        f" No true accuracies. {plain(missing)}"
        if missing
        else f" No true accuracies are known for these {words.many}."
    )


def pareto_choices(axes: Axes) -> tuple[LinkedChoice, ...]:
    """The choices of both axes, of a third one, and of the colour."""
    if not axes.columns:
        return ()
    return (
        axis_choice(axes, "x"),
        axis_choice(axes, "y", axes.second),
        axis_choice(axes, "z", optional="none: two are enough"),
        axis_choice(axes, "color", axes.truth, optional="one colour"),
    )


def _choose(axes: Axes) -> tuple[list[str], str | None]:
    """The quantities, two at least, and the one that colours."""
    grid = st.grid(4, min_column_width=150)
    words = (
        ("Horizontal", "Any recorded quantity."),
        ("Vertical", "Any recorded quantity."),
        ("Third", "A third quantity makes the chart a space to turn, and counts for the front."),
        ("Colour", "What the colour of a marker shows; true accuracy, where it is known."),
    )
    for choice, (name, explained) in zip(pareto_choices(axes), words, strict=True):
        with grid.cell():
            color = choice.dropdown(name, explained)
    return _quantities(axes), None if color == NONE else color


def _quantities(axes: Axes) -> list[str]:
    """The chosen quantities, two at least."""
    x, y, z, _color = (choice.value for choice in pareto_choices(axes))
    return [x, y, *([z] if z not in {NONE, x, y} else [])]


def _not_drawn(frame: pd.DataFrame, quantities: list[str]) -> str:
    """Words for the trials that have no place in the chart: infinite ones, and infeasible ones without values."""
    infinite = infinite_words(frame, quantities)
    lacking = (frame["state"] == "infeasible") & frame[list(dict.fromkeys(quantities))].isna().any(axis="columns")
    count = int(lacking.sum())
    if not count:
        return infinite
    trials = "1 infeasible trial has" if count == 1 else f"{count:,} infeasible trials have"
    return (
        f"{infinite} {trials} no value of one of them (not scored, or not measured on the device), and no cross here."
    )


def _way(axes: Axes, column: str) -> str:
    return "higher" if axes.direction(column) == "maximize" else "lower"


def _front(frame: pd.DataFrame, goals: Mapping[str, Direction], color: str | None) -> _Front:
    complete = frame[frame["state"] == "complete"]
    on_front = pareto_front(complete, goals)
    columns = dict.fromkeys([*goals, *([color] if color else [])])
    front = complete.loc[on_front, ["number", *columns]]
    front.insert(1, _WORST, weakest_rank(complete, goals)[on_front])
    front = front.sort_values([_WORST, "number"], ignore_index=True)
    return _Front(front, {column: number_column(front[column]) for column in columns})


def _show_front(made: _Front, name: str, words: Words) -> None:
    front = made.table
    if front.empty:
        return
    numbers, selected = front["number"].tolist(), linked_trial()
    row = numbers.index(selected) if selected in numbers else None
    # The key moves with the chosen row: the mark follows a trial that was chosen in the chart, or moved by new ones.
    key = f"front_table_{row}"
    st.dataframe(
        front,
        key=key,
        hide_index=True,
        height=_HEIGHT if len(front) > _ROWS_IN_HEIGHT else "content",
        column_config={
            "number": NumberColumn("Trial", pinned=True, width="small"),
            _WORST: NumberColumn(
                "Worst-objective rank",
                format="%.1f %%",
                width=150,
                help=f"The share of the study's {words.many} that are better in the quantity in which this one ranks "
                "worst. Low: a compromise that gives up little anywhere.",
            ),
            **made.formats,
        },
        on_select=lambda: _link_row(key, numbers),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [row] if row is not None else []}},
        placeholder="–",
        alt="The trials on the front",
    )
    csv_button(front, f"{name} front", "download_front", f"The {len(front):,} trials on the front of this chart.")


def _link_row(key: str, numbers: list[int]) -> None:
    rows = st.session_state[key]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))


def _link_clicked(key: str) -> None:
    if data := clicked(key):
        link_trial(int(data[0]))
