"""Which studies are listed, and in which order; every choice is kept in the page's link."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import streamlit as st

from backend.studies import StudySummary
from backend.studies.overview import Overview
from dashboard.links import parameter, set_parameter
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.tables import LOOKS

_FIND, _FIND_KEY = "find", "find_studies"
_ANY, _ACTIVE, _EXTERNAL = "any", "active", "elsewhere"
_STATE: Final = LinkedChoice(
    "state",
    {
        _ANY: "Any state",
        _ACTIVE: "Not ended yet",
        **{state: look.word for state, look in LOOKS.items()},
        _EXTERNAL: "External",
    },
)
_SORT: Final = LinkedChoice(
    "sort",
    {
        "newest": "Newest first",
        "oldest": "Oldest first",
        "name": "Name",
        "accuracy": "Best true accuracy",
        "spearman": "Spearman of its best proxy",
        "progress": "Progress",
        "trials": "Most trials",
    },
)


def filtered(summaries: Sequence[StudySummary], overviews: Mapping[int, Overview] | None = None) -> list[StudySummary]:
    """The controls; returns the studies that they let through, in the order asked for.

    Args:
        summaries: the newest first.
        overviews: by study id, where known; None leaves out the control for the order.
    """
    dataset = LinkedChoice("dataset", _options("data set", [item.dataset for item in summaries]))
    sampler = LinkedChoice("sampler", _options("sampler", [item.sampler for item in summaries]))
    for choice in (_STATE, dataset, sampler, *([] if overviews is None else [_SORT])):
        if choice.problem:
            st.warning(plain(choice.problem), icon=":material/link_off:")
    with st.container(key="study_filters"):
        grid = st.grid(4 if overviews is None else 5, min_column_width=150)
        with grid.cell():
            words = _find_field()
        with grid.cell():
            state = _STATE.dropdown("State", "Shows the studies in this state. External: made with Optuna alone.")
        with grid.cell():
            of_dataset = dataset.dropdown("Data set", "Shows the searches for this data set.")
        with grid.cell():
            of_sampler = sampler.dropdown("Sampler", "Shows the searches with this sampler.")
        if overviews is not None:
            with grid.cell():
                _SORT.dropdown(
                    "Sort by", "The order that the link keeps. A click on a column's head sorts for this view alone."
                )
    found = [
        item
        for item in summaries
        if words in f"{item.name}\n{item.note}".lower()
        and _in_state(item, state)
        and of_dataset in {_ANY, item.dataset}
        and of_sampler in {_ANY, item.sampler}
    ]
    return found if overviews is None else _sorted(found, _SORT.value, overviews)


def clear_filters() -> None:
    """Take all filters out of the link."""
    for name in (_FIND, _STATE.parameter, "dataset", "sampler"):
        set_parameter(name, None)


def _find_field() -> str:
    st.session_state[_FIND_KEY] = parameter(_FIND) or ""
    st.text_input(
        "Find",
        key=_FIND_KEY,
        max_chars=100,
        placeholder="name or note",
        help="Shows the studies with these letters in their name or note.",
        on_change=_find,
    )
    return (parameter(_FIND) or "").strip().lower()


def _find() -> None:
    set_parameter(_FIND, st.session_state[_FIND_KEY].strip() or None)


def _options(what: str, found: Sequence[str | None]) -> dict[str, str]:
    return {_ANY: f"Any {what}", **{name: name for name in sorted({name for name in found if name})}}


def _in_state(item: StudySummary, state: str) -> bool:
    if state == _ANY:
        return True
    if item.run is None:
        return state == _EXTERNAL
    return item.run.active if state == _ACTIVE else item.run.state == state


def _sorted(kept: list[StudySummary], order: str, overviews: Mapping[int, Overview]) -> list[StudySummary]:
    def found(item: StudySummary) -> Overview:
        return overviews.get(item.study_id, Overview())

    numbers: dict[str, Callable[[StudySummary], float]] = {
        "accuracy": lambda item: found(item).accuracy,
        "spearman": lambda item: abs(found(item).spearman),
        "progress": lambda item: progress(item) or 0.0,
        "trials": lambda item: item.trials,
    }
    if order in numbers:
        # Unknown numbers, which are NaN, come last.
        values = {item.study_id: numbers[order](item) for item in kept}
        return sorted(kept, key=lambda item: (values[item.study_id] == values[item.study_id], values[item.study_id]))[
            ::-1
        ]
    if order == "name":
        return sorted(kept, key=lambda item: item.name.lower())
    return kept[::-1] if order == "oldest" else kept


def progress(item: StudySummary) -> float | None:
    """How much of its search is done (%); None for an external study."""
    return 100 * item.run.done / item.run.asked if item.run and item.run.asked else None
