"""One study: live while it runs, and everything that it recorded."""

import streamlit as st

from backend.errors import UserError
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.links import (
    NEW_SEARCH,
    STUDIES,
    STUDY_PARAMETER,
    open_study,
    page_link,
    parameter,
)
from dashboard.text import plain
from dashboard.views import study as parts
from dashboard.widgets.errors import shown_errors

_POLL_SECONDS = 1.5
_IDLE_SECONDS = 10


def show() -> None:
    """The page."""
    with shown_errors():
        name = parameter(STUDY_PARAMETER)
        if not name:
            _choose()
            return
        try:
            summary = queries.find_study(name)
        except UserError:
            # The list of studies is above the reason.
            _choose()
            raise
        active = bool(summary.run and summary.run.active)
        st.fragment(_view, run_every=_POLL_SECONDS if active else None)(summary, active)
        if not active:
            revision = queries.revision_key(summary)
            st.fragment(_notice_news, run_every=_IDLE_SECONDS)(summary, revision)


def _notice_news(summary: StudySummary, revision: queries.Key) -> None:
    """A run that somebody else resumes makes the page live; trials of another tool are drawn as they come."""
    with shown_errors():
        run = queries.current_run(summary)
        if (run and run.active) or queries.revision_key(summary) != revision:
            st.rerun()


def _choose() -> None:
    st.title("Study", anchor=False)
    summaries = queries.studies()
    if not summaries:
        st.info("There is no study yet. Launch a search, and it opens here.", icon=":material/info:")
        page_link(STUDIES, "Run the example search", ":material/play_arrow:")
        page_link(NEW_SEARCH, "Set up a search", ":material/tune:")
        return
    names = [item.name for item in summaries]
    name = st.selectbox("Which study?", names, key="choose_study", help="The newest study is on top.")
    if st.button("Open", type="primary", key="open_chosen", help="Open the chosen study."):
        open_study(name)


def _view(summary: StudySummary, was_active: bool) -> None:
    with shown_errors():
        run = queries.current_run(summary)
        if bool(run and run.active) != was_active:
            # The page as a whole starts, or ends, to poll.
            st.rerun()
        shown = parts.shown_now(summary, run)
        for problem in parts.link_problems(shown):
            st.warning(plain(problem), icon=":material/link_off:")
        parts.head(summary, run, shown.frame)
        parts.show_view(shown)


show()
