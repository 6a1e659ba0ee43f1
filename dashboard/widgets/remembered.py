"""The study that a visitor looked at last: pages that show one study open on it, until their link names another."""

from __future__ import annotations

from typing import Final

import streamlit as st

from dashboard.data import queries
from dashboard.links import STUDY_PARAMETER, VIEW_PARAMETER, has_parameters, parameter, set_parameter
from dashboard.server.session import storage_key

_KEY: Final = "remembered_study"
_OPEN_ON_IT: Final = frozenset({"study", "proxies", "ensemble", "compare"})


def follow_study(page: str) -> str:
    """Remember the study that a page's link names, or put the remembered one into a link that names nothing.

    Args:
        page: path of the page's address, such as "proxies".

    Returns:
        The study that the page's link names now; "" where it names none.
    """
    if not has_parameters():
        _open(page)
    named = parameter(STUDY_PARAMETER) or ""
    if named and page == "study":
        st.session_state[_KEY] = (storage_key(), named)
    return named


def _open(page: str) -> None:
    database, remembered = st.session_state.get(_KEY, (None, ""))
    if database != storage_key() or page not in {*_OPEN_ON_IT, "benchmark"}:
        return
    summary = next((item for item in queries.studies() if item.name == remembered), None)
    if summary is None:
        # It was deleted or renamed.
        del st.session_state[_KEY]
    elif page in _OPEN_ON_IT and (summary.run or page == "study"):
        set_parameter(STUDY_PARAMETER, remembered)
    elif page == "benchmark" and queries.is_in_benchmark(summary):
        set_parameter(VIEW_PARAMETER, "study")
        set_parameter(STUDY_PARAMETER, remembered)
