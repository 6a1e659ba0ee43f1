"""The form's metrics, each with its goal and bounds, and where scores come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, get_args

import streamlit as st

from backend import costs as hardware
from backend import proxies
from backend.config.sections import ENSEMBLE_PREFIX
from backend.costs.constraints import SENSES, Sense
from backend.scoring.tables import bundled_datasets, list_tables
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Enumerable, KnownCosts, capability, lacks
from backend.spaces.truth_tasks import Direction
from backend.studies.folders import sweeps_folder
from dashboard.data import queries
from dashboard.text import plain
from dashboard.views.new_search.prices import shown_price
from dashboard.views.new_search.problems import Problems
from dashboard.views.new_search.state import (
    FILE,
    NETWORK,
    SCORE_SOURCES,
    bound_key,
    bounds_of,
    default_direction,
    default_scale,
    direction_key,
    ensembles_of,
    hardware_of,
    key,
    proxies_of,
    scale_key,
    space_of,
)

KEEP: Final = "session"
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
_GAP: Final = "xsmall"
_GOAL_HEADS = ("Metric", "Scale (0: recorded only)", "Better")
_GOAL_WIDTHS = (4, 2, 3)
_PRICE_HEADS, _PRICE_WIDTHS = ("Takes",), (2,)
_BOUND_WORDS: Final[dict[Sense, tuple[str, str]]] = {"<=": ("Upper", "more"), ">=": ("Lower", "less")}
_COST_HEADS = (*_GOAL_HEADS, "At most", "At least")
_COST_WIDTHS = (4, 2, 4, 2.5, 2.5)


def metric_rows(metrics: Sequence[str], problems: Problems, prices: Mapping[str, float]) -> None:
    """A row for each proxy: scale and direction, and what it takes where that was measured."""
    heads, widths = (*_GOAL_HEADS, *_PRICE_HEADS[: bool(prices)]), (*_GOAL_WIDTHS, *_PRICE_WIDTHS[: bool(prices)])
    if metrics:
        _heads(heads, widths)
    for metric in metrics:
        name, *goal = st.columns(widths, gap=_GAP, vertical_alignment="center")
        _name(name, metric)
        _goal_fields(goal, metric)
        if prices and not metric.startswith(ENSEMBLE_PREFIX):
            goal[-1].caption(shown_price(prices.get(metric)))
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
        f"Constraint{f' in {unit}' if unit else ''}: what costs {breaking} is neither scored nor best. "
        "Empty: no bound.",
        placeholder="none",
        label_visibility="collapsed",
    )


def number_field(label: str, widget_key: str, words: str, **options: Any) -> None:
    """A number as text: the text of the field is what is validated, however it was typed."""
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


def ensemble_field() -> None:
    """A list of the ensembles saved for the chosen data set; nothing where there is none."""
    dataset = st.session_state.get(key("dataset"))
    space = space_of(st.session_state)
    there = [
        ENSEMBLE_PREFIX + saved.name
        for saved in queries.saved_ensembles()
        if saved.dataset == dataset and saved.ensemble.recipe.space_name == space.name
    ]
    options = list(dict.fromkeys([*there, *ensembles_of(st.session_state)]))
    if not options:
        return
    st.multiselect(
        "Ensembles",
        options,
        format_func=lambda metric: metric.removeprefix(ENSEMBLE_PREFIX),
        key=key("ensembles"),
        persist_state=KEEP,
        placeholder="none: choose saved ensembles",
        help="The predictions of ensembles saved on the page Ensemble. The proxies that one is made of are scored for "
        f"each {space.words.one} too, and its recipe is stored with the study.",
    )


def hardware_section(problems: Problems) -> None:
    """Sizes, latencies and energies, each with its goal and its bound."""
    space = space_of(st.session_state)
    known = capability(space, KnownCosts)
    there = known.measured if known else ()
    is_measured = bool(there)
    what = "parameters, FLOPs, and what devices were measured with" if is_measured else "parameters and FLOPs"
    chosen = hardware_of(st.session_state)
    offered = [name for name in hardware.COSTS if name in there or name in chosen or not hardware.get(name).measured]
    with st.container(border=True, key="section_hardware"):
        st.subheader("Hardware", anchor=False)
        st.caption(
            f"What a network costs: {what}. A scale above 0 makes it an objective, a bound makes it a constraint."
        )
        st.multiselect(
            "Hardware metrics",
            offered,
            format_func=_title,
            key=key("hardware"),
            persist_state=KEEP,
            placeholder="none: choose sizes, or what devices measured" if is_measured else "none: choose sizes",
            help=f"{_measured_words(space)} What a device was not measured with is infeasible where that metric is "
            "optimised or bounded."
            if is_measured
            else None,
        )
        problems.of_costs()
        _bitwidth_fields()
        cost_rows(hardware_of(st.session_state), problems)


def _measured_words(space: SearchSpace) -> str:
    """Of which architectures a space has what devices measured."""
    if lacks(space, Enumerable):
        return f"Devices were measured with the {space.words.many} that were trained alone."
    return f"What devices measured is known of each {space.indexed}."


def _title(metric: str) -> str:
    unit = hardware.get(metric).unit
    return f"{metric} ({unit})" if unit else metric


def _bitwidth_fields() -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.checkbox(
            "Record the average bit width, compared to",
            key=key("bitwidth"),
            persist_state=KEEP,
            help="A hardware metric: 32 bits for these unquantised networks.",
        )
        number_field(
            "Compare to (bits)",
            key("compare_to"),
            "The bit width that the average is compared to; 32 is single precision.",
            width=130,
            label_visibility="collapsed",
            disabled=not st.session_state[key("bitwidth")],
        )


_NAMES = {"compute": "Networks", "table": "Bundled table", FILE: "My table"}


def scores_field(problems: Problems) -> None:
    """Networks, the bundled table, or a file; for the last its path, with the sweeps of this machine to choose from."""
    space = space_of(st.session_state)
    bundled = ", ".join(bundled_datasets(space.name)) or "none yet"
    st.segmented_control(
        "Scores from",
        SCORE_SOURCES if capability(space, Enumerable) else (NETWORK,),
        wrap=True,
        format_func=_NAMES.__getitem__,
        required=True,
        key=key("scores"),
        persist_state=KEEP,
        help=f"Networks: each new {space.words.one} is built and scored. A table has the scores of the whole space "
        f"already, so a search takes seconds; one is bundled for {bundled}, and `python -m backend sweep` makes others."
        if capability(space, Enumerable)
        else plain(f"Each new {space.words.one} is built and scored. No tables. {lacks(space, Enumerable)}."),
    )
    if st.session_state[key("scores")] == FILE:
        sweeps = {str(table.path): table.name for table in list_tables(sweeps_folder()) if not table.bundled}
        st.text_input(
            "Table of scores",
            key=key("scores_file"),
            persist_state=KEEP,
            placeholder="/data/scores.parquet",
            help="Path of a Parquet file that a sweep wrote, on the machine that runs the dashboard.",
        )
        if sweeps:
            st.selectbox(
                "Sweeps on this machine",
                list(sweeps),
                index=None,
                format_func=sweeps.__getitem__,
                key="sweep_chosen",
                placeholder="choose one",
                help="Fills in the path of a finished sweep's table.",
                on_change=_take_sweep,
            )
    problems.of_runner("scores")


def _take_sweep() -> None:
    if path := st.session_state["sweep_chosen"]:
        st.session_state[key("scores_file")] = path
