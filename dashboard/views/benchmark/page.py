"""The benchmark: its whole space, any of its cells, and a study in it."""

import streamlit as st

from dashboard.text import plain
from dashboard.views.benchmark.cell_view import cell_view
from dashboard.views.benchmark.choices import VIEW, link_problems
from dashboard.views.benchmark.import_section import benchmark_import
from dashboard.views.benchmark.space_view import space_view
from dashboard.views.benchmark.study_view import study_view
from dashboard.widgets.charts import picture_choice
from dashboard.widgets.errors import shown_errors


def show() -> None:
    """The page."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.title("Benchmark", anchor=False, width="content")
        with st.container(width="content"):
            picture_choice()
    st.caption(
        "NAS-Bench-201: 15,625 cells, each trained on four data sets and measured on six devices. "
        "Every number names its release in brackets; every view has its own link."
    )
    for problem in link_problems():
        st.error(plain(problem), icon=":material/error:")
    with shown_errors(), VIEW.tabs():
        {"space": space_view, "cell": cell_view, "study": study_view}[VIEW.value]()
    st.divider()
    benchmark_import()


show()
