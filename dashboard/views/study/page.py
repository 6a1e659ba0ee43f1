"""One study: live while it runs, and everything that it recorded."""

import streamlit as st

from backend.errors import UserError
from backend.studies import StudySummary
from backend.studies.runs import Run
from dashboard.data import queries
from dashboard.data import trainings as training_queries
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
        active = _is_active(summary, summary.run)
        st.fragment(_view, run_every=_POLL_SECONDS if active else None)(summary, active)
        if not active:
            revision = queries.revision_key(summary)
            st.fragment(_notice_news, run_every=_IDLE_SECONDS)(summary, revision)


def _is_active(summary: StudySummary, run: Run | None) -> bool:
    """Whether its search goes on, or architectures of it are trained."""
    return bool(run and run.active) or any(item.active for item in training_queries.trainings(summary))


def _notice_news(summary: StudySummary, revision: queries.Key) -> None:
    """A run that somebody else resumes makes the page live; trials of another tool are drawn as they come."""
    with shown_errors():
        run = queries.current_run(summary)
        if _is_active(summary, run) or queries.revision_key(summary) != revision:
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
        if _is_active(summary, run) != was_active:
            # The page as a whole starts, or ends, to poll.
            st.rerun()
        shown = parts.shown_now(summary, run)
        for problem in parts.link_problems(shown):
            st.warning(plain(problem), icon=":material/link_off:")
        parts.head(summary, run, shown.frame)
        parts.show_view(shown)


show()
