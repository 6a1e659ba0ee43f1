"""The rows of metrics, each with its goal and, for a cost, its bounds."""

from collections.abc import Sequence
from typing import Any, Final, get_args

import streamlit as st

from backend import hardware, proxies
from backend.hardware import SENSES, Sense
from backend.search.sections import ENSEMBLE_PREFIX, Direction
from dashboard.components.errors import plain
from dashboard.components.search_form.problems import Problems
from dashboard.components.search_form.state import (
    bound_key,
    bounds_of,
    default_direction,
    default_scale,
    direction_key,
    proxies_of,
    scale_key,
)

KEEP: Final = "session"
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_GAP: Final = "xsmall"
_GOAL_HEADS = ("Metric", "Scale (0: recorded only)", "Better")
_GOAL_WIDTHS = (4, 2, 3)
_BOUND_WORDS: Final[dict[Sense, tuple[str, str]]] = {"<=": ("Upper", "more"), ">=": ("Lower", "less")}
_COST_HEADS = (*_GOAL_HEADS, "At most", "At least")
_COST_WIDTHS = (4, 2, 4, 2.5, 2.5)


def metric_rows(metrics: Sequence[str], problems: Problems) -> None:
    """A row for each proxy: scale and direction."""
    if metrics:
        _heads(_GOAL_HEADS, _GOAL_WIDTHS)
    for metric in metrics:
        name, *goal = st.columns(_GOAL_WIDTHS, gap=_GAP, vertical_alignment="center")
        _name(name, metric)
        _goal_fields(goal, metric)
        problems.of_metric(metric)


def cost_rows(metrics: Sequence[str], problems: Problems) -> None:
    """A row for each hardware metric: scale, direction and bounds."""
    if metrics:
        _heads(_COST_HEADS, _COST_WIDTHS)
    for metric in metrics:
        name, scale, direction, *bounds = st.columns(_COST_WIDTHS, gap=_GAP, vertical_alignment="center")
        unit = hardware.get(metric).unit
        _name(name, metric, unit)
        if metric in proxies_of(st.session_state):
            scale.caption("as a proxy, above")
        else:
            _goal_fields((scale, direction), metric)
            problems.of_metric(metric)
        for column, sense in zip(bounds, SENSES, strict=True):
            with column:
                _bound_field(metric, sense, unit)
        bounded = list(bounds_of(st.session_state))
        for sense in SENSES:
            if (metric, sense) in bounded:
                problems.of_constraint(bounded.index((metric, sense)))


def _bound_field(metric: str, sense: Sense, unit: str) -> None:
    side, breaking = _BOUND_WORDS[sense]
    number_field(
        f"{side} bound of {metric}",
        bound_key(metric, sense),
        f"Constraint{f' in {unit}' if unit else ''}: cells that cost {breaking} are neither scored nor best. "
        "Empty: no bound.",
        placeholder="none",
        label_visibility="collapsed",
    )


def number_field(label: str, widget_key: str, words: str, **options: Any) -> None:
    """A number as text: what stands in the field is what is validated, however it was typed."""
    st.text_input(label, key=widget_key, persist_state=KEEP, help=words, **options)


def _heads(heads: Sequence[str], widths: Sequence[float]) -> None:
    for column, head in zip(st.columns(widths, gap=_GAP), heads, strict=True):
        column.caption(head)


def _name(column: Any, metric: str, unit: str = "") -> None:
    column.markdown(f"**{plain(metric)}** {unit}", help=_metric_help(metric))


def _goal_fields(columns: Sequence[Any], metric: str) -> None:
    st.session_state.setdefault(scale_key(metric), default_scale(st.session_state, metric))
    st.session_state.setdefault(direction_key(metric), default_direction(st.session_state, metric))
    with columns[0]:
        number_field(
            f"Scale of {metric}",
            scale_key(metric),
            "Weight of this metric; 0: recorded, not optimised.",
            label_visibility="collapsed",
        )
    with columns[1]:
        st.selectbox(
            f"Direction of {metric}",
            DIRECTIONS,
            key=direction_key(metric),
            label_visibility="collapsed",
            persist_state=KEEP,
            help="Which way this metric is better.",
        )


def _metric_help(metric: str) -> str:
    if metric.startswith(ENSEMBLE_PREFIX):
        return "What the saved ensemble predicts: true accuracy (%), or a sum of log ranks where it has no labels."
    if metric not in proxies.available():
        return hardware.get(metric).description
    proxy = proxies.get(metric)
    words = " ".join((proxy.description, *proxy.traps))
    return f"**{plain(proxy.title)}**\n\n{plain(words)}\n\nSource: {plain(proxy.source)}"
