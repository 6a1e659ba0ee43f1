"""How well zero-cost proxies rank cells by their true accuracy, and where they fail."""

import streamlit as st

from dashboard.components import proxies as parts
from dashboard.components.charts import picture_choice
from dashboard.components.errors import plain, shown_errors
from dashboard.components.links import STUDY, STUDY_PARAMETER
from dashboard.proxy_queries import Source


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Proxies", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    with shown_errors():
        _view(parts.choose_source())


def _view(source: Source) -> None:
    for problem in parts.link_problems(source):
        st.warning(plain(problem), icon=":material/link_off:")
    _origin(source)
    target = parts.target_choice(source)
    ranking = st.container(key="ranking_section")
    resampling = st.container()
    st.subheader("One proxy", anchor="one-proxy")
    proxy = parts.proxy_choice(source)
    with ranking:
        parts.ranking_section(source, target, proxy)
    charts, cell = st.columns([3, 2], gap="small")
    with charts:
        with shown_errors():
            parts.scatter_section(source, target, proxy)
        about = st.container()
        parts.groups_section(source, target, proxy)
    with cell, shown_errors():
        parts.cell_section(source, target)
    parts.agreement_section(source)
    with about:
        parts.about_proxy(proxy, source)
    with resampling:
        parts.compute_missing_intervals(source, target)


def _origin(source: Source) -> None:
    st.caption(f":material/image: {plain(source.origin)}")
    if source.kind == "study":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.page_link(
                STUDY,
                label="Open the study",
                icon=":material/scatter_plot:",
                query_params={STUDY_PARAMETER: source.name},
            )
            if source.active:
                st.button(
                    "Read its new cells",
                    icon=":material/refresh:",
                    key="refresh",
                    help="The search goes on; what is shown is as of the last time that this page was read.",
                )


show()
