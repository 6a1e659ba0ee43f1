"""The pages, and the frame that every one of them stands in."""

from pathlib import Path

import streamlit as st

from backend.naming import visible
from backend.settings import READ_ONLY
from dashboard.data.queries import load_own_code
from dashboard.server import session
from dashboard.server.memory import settle
from dashboard.text import plain
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.remembered import follow_study
from dashboard.widgets.sidebar import admitted, sign_out_button, storage_note, storage_section

_ASSETS = Path(__file__).with_name("assets")


def show() -> None:
    """The frame of every page, and the page."""
    st.set_page_config(
        page_title="ProxyScope",
        page_icon=str(_ASSETS / "icon.svg"),
        layout="wide",
        initial_sidebar_state="collapsed",
    )
    st.logo(str(_ASSETS / "logo.svg"), size="large")

    st.html(_ASSETS / "style.css")

    visitor = admitted()
    page = st.navigation(
        [
            st.Page(
                "views/studies/page.py", title="Studies", icon=":material/lists:", url_path="studies", default=True
            ),
            st.Page(
                "views/new_search/page.py", title="New search", icon=":material/add_circle:", url_path="new-search"
            ),
            st.Page("views/study/page.py", title="Study", icon=":material/scatter_plot:", url_path="study"),
            st.Page("views/benchmark/page.py", title="Benchmark", icon=":material/leaderboard:", url_path="benchmark"),
            st.Page("views/proxies/page.py", title="Proxies", icon=":material/query_stats:", url_path="proxies"),
            st.Page("views/ensemble/page.py", title="Ensemble", icon=":material/join_inner:", url_path="ensemble"),
            st.Page("views/compare/page.py", title="Compare", icon=":material/stacked_line_chart:", url_path="compare"),
            st.Page("views/share/page.py", title="Share", icon=":material/share:", url_path="share"),
            st.Page("views/help/page.py", title="Help", icon=":material/help:", url_path="help"),
        ],
        position="top" if visitor else "hidden",
    )
    if visitor is None:
        st.stop()
    with st.sidebar:
        storage_section()
        if visitor.name:
            st.markdown(f"**You**  \n{plain(visitor.name)}, {'editor' if visitor.may_write else 'viewer'}")
            sign_out_button()
    with shown_errors():
        load_own_code()
        who = f":material/person: {plain(visitor.name)}" if visitor.name else ""
        look = f":material/visibility: {READ_ONLY.capitalize()}." if session.read_only() else ""
        if notes := [note for note in (who, storage_note(), look) if note]:
            st.caption(" · ".join(notes))
        study = follow_study(page.url_path)
        # A browser's tab names what is in it.
        st.set_page_config(page_title=" · ".join(filter(None, [visible(study), page.title, "ProxyScope"])))
    page.run()
    settle(page.title)
