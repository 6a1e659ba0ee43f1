"""Whose scores the page shows: a table of the whole space, or the cells of a study."""

from collections.abc import Mapping, Sequence

import streamlit as st

from backend.studies import StudySummary
from dashboard import proxy_queries, queries
from dashboard.components.links import CELL_PARAMETER, STUDY_PARAMETER, TABLE_PARAMETER, parameter, set_parameter
from dashboard.components.states import look
from dashboard.proxy_queries import Source

_KEY = "source"
_Choice = tuple[str, str]


def choose_source() -> Source:
    """A control for the scores to look at, kept in the link; at first the first table of the whole space.

    Raises:
        UserError: what is chosen, or named by the link, cannot be shown; the message says why.
    """
    studies = queries.studies()
    choices = _choices(studies)
    chosen = _linked() or next(iter(choices))
    # A link that was not asked for would show the newest scores, which change.
    link_source(chosen)
    st.session_state[_KEY] = chosen if chosen in choices else None
    st.selectbox(
        "Scores of",
        list(choices),
        format_func=lambda choice: choices[choice],
        key=_KEY,
        placeholder="Choose scores",
        help="A table has the scores of the whole space, from a sweep; a study those of the cells that it tried.",
        on_change=_chosen,
    )
    kind, name = chosen
    if kind == TABLE_PARAMETER:
        return proxy_queries.open_table(name)
    summary = next((item for item in studies if item.name == name), None)
    return proxy_queries.open_study(summary or queries.find_study(name))


def _choices(studies: Sequence[StudySummary]) -> Mapping[_Choice, str]:
    tables = {
        (TABLE_PARAMETER, file.name): f"Whole space: {file.name}{', bundled' if file.bundled else ''}"
        for file in proxy_queries.tables()
    }
    return {**tables, **{(STUDY_PARAMETER, item.name): f"Study: {item.name} ({_words(item)})" for item in studies}}


def _words(item: StudySummary) -> str:
    dataset = f"{item.config.dataset}, " if item.config else ""
    return f"{dataset}{look(item.run).word.lower()}, {item.trials:,} trials"


def _linked() -> _Choice | None:
    for kind in (STUDY_PARAMETER, TABLE_PARAMETER):
        if name := parameter(kind):
            return kind, name
    return None


def link_source(choice: tuple[str, str]) -> None:
    """Put a table or a study, by its link parameter and its name, into the page's link."""
    kind, name = choice
    other = STUDY_PARAMETER if kind == TABLE_PARAMETER else TABLE_PARAMETER
    set_parameter(kind, name)
    set_parameter(other, None)


def _chosen() -> None:
    choice = st.session_state[_KEY]
    if choice:
        link_source(choice)
        set_parameter(CELL_PARAMETER, None)
