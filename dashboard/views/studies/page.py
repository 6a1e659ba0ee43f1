"""The first page: all studies, or what this is while there is none."""

from collections.abc import Sequence

import streamlit as st

from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.links import NEW_SEARCH, page_link
from dashboard.views import studies as parts
from dashboard.views.studies.welcome import welcome
from dashboard.widgets.errors import show_kept_error, shown_errors
from dashboard.widgets.study_filters import clear_filters

_READ_SECONDS = 1.0
_SECONDS = {"reading": 1, "active": 3, "idle": 15}


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.title("Studies", anchor=False, width="content")
        page_link(NEW_SEARCH, "New search", ":material/add_circle:", "Set up and launch a search.")
    with shown_errors():
        summaries = queries.studies()
        if not summaries:
            welcome()
            return
        pace = _pace(summaries)
        st.fragment(_view, run_every=_SECONDS[pace])(pace)


def _pace(summaries: Sequence[StudySummary]) -> str:
    """How often the page looks for news: often while large studies are being read, seldom while nothing runs."""
    if queries.overviews(summaries, seconds=0.0)[1]:
        return "reading"
    return "active" if any(item.run and item.run.active for item in summaries) else "idle"


def _view(pace: str) -> None:
    show_kept_error()
    with shown_errors():
        summaries = queries.studies()
        overviews, pending = queries.overviews(summaries, seconds=_READ_SECONDS)
        if not summaries or _pace(summaries) != pace:
            # The page as a whole changes how often it looks.
            st.rerun()
        above = st.container()
        listed = parts.filtered(summaries, overviews)
        if listed:
            buttons = st.container()
            chosen = parts.study_table(listed, overviews, complete=not pending)
            with buttons:
                parts.actions(chosen)
        else:
            st.info("No study is like that.", icon=":material/filter_alt_off:")
            st.button("Show all", key="clear_filters", help="Take the filters out.", on_click=clear_filters)
        st.caption(_counted(listed, summaries, pending))
        with above:
            parts.queue_notice()


def _counted(listed: Sequence[StudySummary], summaries: Sequence[StudySummary], pending: int) -> str:
    shown = f"{len(listed):,} of {len(summaries):,}" if len(listed) < len(summaries) else f"{len(listed):,}"
    reading = f" Reading the trials of {pending} more." if pending else ""
    return f"{shown} {'study' if len(summaries) == 1 else 'studies'}. The link keeps filters and order.{reading}"


show()
