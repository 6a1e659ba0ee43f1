"""Which studies are compared; their names stand in the page's link."""

from collections.abc import Sequence

import streamlit as st

from backend.errors import UserError
from backend.studies import StudySummary
from dashboard.data import compare as compare_queries
from dashboard.data import queries
from dashboard.data.compare import Compared
from dashboard.links import NEW_SEARCH, STUDIES, named_studies, page_link
from dashboard.text import plain
from dashboard.widgets.linked import link_studies, linked_studies

_NEWEST = 5


def choose_studies(summaries: Sequence[StudySummary]) -> list[str]:
    """A control for the studies; returns the names in the link, which may name studies that there are not."""
    named = named_studies()
    if not summaries and not named:
        _nothing_yet()
        return []
    linked_studies(
        summaries,
        "compared_studies",
        "Choose two studies or more",
        "Their names are kept in the page's link. Studies that differ in the seed alone are drawn as one.",
    )
    if not named:
        _suggest(summaries)
    return named


def opened(names: Sequence[str], summaries: Sequence[StudySummary]) -> list[Compared]:
    """The studies of that name; what cannot be opened is said on the page."""
    there = {item.name: item for item in summaries}
    studies = []
    for name in names:
        try:
            studies.append(compare_queries.compare(there.get(name) or queries.find_study(name)))
        except UserError as error:
            st.error(plain(str(error)), icon=":material/error:")
    return studies


def _suggest(summaries: Sequence[StudySummary]) -> None:
    st.info(
        "Choose the studies to compare: how far each is from the best of its space, how its Pareto front grew, "
        "and what it cost.",
        icon=":material/info:",
    )
    own = [item.name for item in summaries if item.run]
    newest = (own or [item.name for item in summaries])[:_NEWEST]
    if len(newest) > 1:
        st.button(
            f"Compare the newest {len(newest)}",
            icon=":material/stacked_line_chart:",
            key="compare_newest",
            help=plain(", ".join(newest)),
            on_click=link_studies,
            args=(newest,),
        )


def _nothing_yet() -> None:
    st.info(
        "There is no study to compare yet. Launch two searches, say with two samplers, and see here which finds good "
        "architectures sooner.",
        icon=":material/info:",
    )
    page_link(STUDIES, "Run the example search", ":material/play_arrow:")
    page_link(NEW_SEARCH, "Set up a search", ":material/tune:")
