"""Where the scores of a page come from, and the way to their study."""

import streamlit as st

from dashboard.components.errors import plain
from dashboard.components.links import STUDY, STUDY_PARAMETER, page_link
from dashboard.proxy_queries import Source


def source_origin(source: Source) -> None:
    """A line on the images and, for a study, a link to it and, while it grows, a button that reads it again."""
    st.caption(f":material/image: {plain(source.origin)}")
    if source.kind != "study":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        link = {STUDY_PARAMETER: source.name}
        page_link(STUDY, "Open the study", ":material/scatter_plot:", "Its page.", link)
        if source.active:
            st.button(
                "Read its new cells",
                icon=":material/refresh:",
                key="refresh",
                help="The search goes on; what is shown is as of the last time that this page was read.",
            )
