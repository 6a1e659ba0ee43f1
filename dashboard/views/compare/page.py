"""Studies side by side: what each found, how soon, and at what cost."""

from collections.abc import Sequence

import streamlit as st

from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.views import compare as parts
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import shown_errors

_POLL_SECONDS = 5


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Compare", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    with shown_errors():
        summaries = queries.studies()
        names = parts.choose_studies(summaries)
        if names:
            active = _any_active(names, summaries)
            st.fragment(_view, run_every=_POLL_SECONDS if active else None)(names, active)


def _any_active(names: Sequence[str], summaries: Sequence[StudySummary]) -> bool:
    return any(item.run and item.run.active for item in summaries if item.name in names)


def _view(names: Sequence[str], was_active: bool) -> None:
    with shown_errors():
        summaries = queries.studies()
        if was_active and not _any_active(names, summaries):
            # The page as a whole ends to poll.
            st.rerun()
        studies = parts.opened(names, summaries)
        if not studies:
            return
        options = parts.options(studies)
        parts.comparison_tables(studies, options)
        parts.regret_section(studies, options)
        parts.hypervolume_section(studies, options)
        parts.settings_section(options)


show()
