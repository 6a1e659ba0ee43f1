"""The first page: all studies, or what this is while there is none."""

import streamlit as st

from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.errors import plain, show_kept_error, shown_errors
from dashboard.components.links import NEW_SEARCH, open_study
from dashboard.components.run_actions import delete_button, resume_button, stop_button
from dashboard.components.study_table import study_table
from dashboard.components.welcome import welcome

_POLL_SECONDS = 3
_IDLE_SECONDS = 15


def show() -> None:
    """The page."""
    st.title("Studies", anchor=False)
    with shown_errors():
        summaries = queries.studies()
        if not summaries:
            welcome()
            return
        active = any(item.run and item.run.active for item in summaries)
        st.fragment(_table, run_every=_POLL_SECONDS if active else _IDLE_SECONDS)(active)


def _table(was_active: bool) -> None:
    show_kept_error()
    with shown_errors():
        summaries = queries.studies()
        active = any(item.run and item.run.active for item in summaries)
        if not summaries or active != was_active:
            # The page as a whole starts, or ends, to poll.
            st.rerun()
        chosen = study_table(summaries)
        if chosen:
            _actions(chosen)


def _actions(chosen: StudySummary) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="study_actions"):
        st.markdown(f"**{plain(chosen.name)}**", width="content")
        if st.button("Open", type="primary", icon=":material/open_in_full:", key="open_chosen", help="Open its page."):
            open_study(chosen.name)
        stop_button(chosen.name, chosen.run)
        resume_button(chosen.name, chosen.run)
        delete_button(chosen, chosen.run)
        st.space("stretch")
        st.page_link(NEW_SEARCH, label="New search", icon=":material/add_circle:")


show()
