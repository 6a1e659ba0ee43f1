"""The field that says where scores come from: networks, or a table of scores of the whole space."""

import streamlit as st

from backend.scoring.tables import bundled_datasets, list_tables
from backend.studies.folders import sweeps_folder
from dashboard.components.search_form.metric_rows import KEEP
from dashboard.components.search_form.problems import Problems
from dashboard.components.search_form.state import FILE, SCORE_SOURCES, key

_NAMES = {"compute": "Networks", "table": "Bundled table", FILE: "My table"}


def scores_field(problems: Problems) -> None:
    """Networks, the bundled table, or a file; for the last its path, with the sweeps of this machine to choose from."""
    st.segmented_control(
        "Scores from",
        SCORE_SOURCES,
        wrap=True,
        format_func=_NAMES.__getitem__,
        required=True,
        key=key("scores"),
        persist_state=KEEP,
        help="Networks: each new cell is built and scored. A table has the scores of the whole space already, so a "
        f"search takes seconds; one is bundled for {', '.join(bundled_datasets())}, and `python -m backend sweep` "
        "makes others.",
    )
    if st.session_state[key("scores")] == FILE:
        sweeps = {str(table.path): table.name for table in list_tables(sweeps_folder()) if not table.bundled}
        st.text_input(
            "Table of scores",
            key=key("scores_file"),
            persist_state=KEEP,
            placeholder="/data/scores.parquet",
            help="Path of a Parquet file that a sweep wrote, on the machine that runs the dashboard.",
        )
        if sweeps:
            st.selectbox(
                "Sweeps on this machine",
                list(sweeps),
                index=None,
                format_func=sweeps.__getitem__,
                key="sweep_chosen",
                placeholder="choose one",
                help="Fills in the path of a finished sweep's table.",
                on_change=_take_sweep,
            )
    problems.of_runner("scores")


def _take_sweep() -> None:
    if path := st.session_state["sweep_chosen"]:
        st.session_state[key("scores_file")] = path
