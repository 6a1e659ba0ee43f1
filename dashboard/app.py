"""The entry point: navigation only. Run it with ``streamlit run dashboard/app.py``."""

import sys
from pathlib import Path

import streamlit as st

# Streamlit puts this file's folder on the path; the packages stand one above.
_ROOT = str(Path(__file__).parents[1])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from backend.read_only import READ_ONLY  # noqa: E402
from dashboard import session  # noqa: E402
from dashboard.components.errors import plain, shown_errors  # noqa: E402
from dashboard.components.sign_in import admitted, sign_out_button  # noqa: E402
from dashboard.components.storage import storage_note, storage_section  # noqa: E402
from dashboard.memory import settle  # noqa: E402
from dashboard.queries import load_own_proxies  # noqa: E402

_ASSETS = Path(__file__).with_name("assets")
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
        st.Page("views/studies.py", title="Studies", icon=":material/lists:", url_path="studies", default=True),
        st.Page("views/new_search.py", title="New search", icon=":material/add_circle:", url_path="new-search"),
        st.Page("views/study.py", title="Study", icon=":material/scatter_plot:", url_path="study"),
        st.Page("views/benchmark.py", title="Benchmark", icon=":material/leaderboard:", url_path="benchmark"),
        st.Page("views/proxies.py", title="Proxies", icon=":material/query_stats:", url_path="proxies"),
        st.Page("views/ensemble.py", title="Ensemble", icon=":material/join_inner:", url_path="ensemble"),
        st.Page("views/compare.py", title="Compare", icon=":material/stacked_line_chart:", url_path="compare"),
        st.Page("views/share.py", title="Share", icon=":material/share:", url_path="share"),
        st.Page("views/help.py", title="Help", icon=":material/help:", url_path="help"),
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
    load_own_proxies()
    who = f":material/person: {plain(visitor.name)}" if visitor.name else ""
    look = f":material/visibility: {READ_ONLY.capitalize()}." if session.read_only() else ""
    if notes := [note for note in (who, storage_note(), look) if note]:
        st.caption(" · ".join(notes))
page.run()
settle(page.title)
