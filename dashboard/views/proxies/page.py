"""How well zero-cost proxies rank architectures by their true accuracy, and where they fail."""

import streamlit as st

from dashboard.data.proxies import Source
from dashboard.text import plain
from dashboard.views import proxies as parts
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.score_source import source_origin


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Proxies", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    if parts.PAGE_VIEW.problem:
        st.warning(plain(parts.PAGE_VIEW.problem), icon=":material/link_off:")
    with parts.PAGE_VIEW.tabs(), shown_errors():
        if parts.PAGE_VIEW.value == "spaces":
            parts.all_spaces()
        else:
            _view(parts.choose_source())


def _view(source: Source) -> None:
    for problem in parts.link_problems(source):
        st.warning(plain(problem), icon=":material/link_off:")
    source_origin(source)
    target = parts.target_choice(source)
    ranking = st.container(key="ranking_section")
    resampling = st.container()
    st.subheader("One proxy", anchor="one-proxy")
    proxy = parts.proxy_choice(source, target)
    with ranking:
        parts.ranking_section(source, target, proxy)
    charts, card = st.columns([3, 2], gap="small")
    with charts:
        with shown_errors():
            parts.scatter_section(source, target, proxy)
        about = st.container()
        parts.groups_section(source, target, proxy)
    with card, shown_errors():
        parts.scored_architecture(source, target, proxy)
    parts.agreement_section(source)
    with about:
        parts.about_proxy(proxy, source)
    if target is None:
        return
    with resampling:
        parts.compute_missing_intervals(source, target)


show()
