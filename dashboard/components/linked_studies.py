"""A control for several studies, whose names stand in the page's link."""

from collections.abc import Sequence

import streamlit as st

from backend.studies import StudySummary
from dashboard.components.links import STUDY_PARAMETER, named_studies, set_parameter
from dashboard.components.states import look


def linked_studies(summaries: Sequence[StudySummary], key: str, placeholder: str, words: str) -> list[str]:
    """Show the control; returns the names in the link, which may name studies that there are not.

    Args:
        summaries: to choose from.
        key: of the widget.
        placeholder: in it, while none is chosen.
        words: the tooltip.
    """
    named = named_studies()
    there = {item.name: item for item in summaries}
    st.session_state[key] = [name for name in named if name in there]
    st.multiselect(
        "Studies",
        list(there),
        format_func=lambda name: f"{name} ({_words(there[name])})",
        key=key,
        placeholder=placeholder,
        help=words,
        on_change=lambda: link_studies(st.session_state[key]),
    )
    return named


def link_studies(names: Sequence[str]) -> None:
    """Put studies into the page's link."""
    set_parameter(STUDY_PARAMETER, names)


def _words(item: StudySummary) -> str:
    dataset = f"{item.config.dataset}, " if item.config else ""
    return f"{dataset}{look(item.run).word.lower()}, {item.trials:,} trials"
