"""The entry point: navigation only. Run it with ``streamlit run dashboard/app.py``."""

import sys
from pathlib import Path

import streamlit as st

# Streamlit puts this file's folder on the path; the packages stand one above.
_ROOT = str(Path(__file__).parents[1])
if _ROOT not in sys.path:
    sys.path.append(_ROOT)

from backend.studies.database import READ_ONLY, is_read_only  # noqa: E402
from dashboard.components.errors import shown_errors  # noqa: E402
from dashboard.memory import settle  # noqa: E402
from dashboard.queries import load_own_proxies  # noqa: E402

_ASSETS = Path(__file__).with_name("assets")
st.set_page_config(page_title="ProxyScope", page_icon=str(_ASSETS / "icon.svg"), layout="wide")
st.logo(str(_ASSETS / "logo.svg"), size="large")

st.html(_ASSETS / "style.css")

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
    position="top",
)
with shown_errors():
    load_own_proxies()
if is_read_only():
    st.caption(f":material/visibility: {READ_ONLY.capitalize()}.")
page.run()
settle(page.title)
