"""Who did what with which study."""

from dataclasses import asdict

import pandas as pd
import streamlit as st
from streamlit.column_config import TextColumn

from backend.storage import audit
from dashboard.data import queries
from dashboard.widgets.tables import csv_button
from dashboard.widgets.times import time_column

_MOST = 1_000


def history_section() -> None:
    """The audit's lines as a table, the newest first."""
    found = audit.entries(queries.database(), _MOST)
    st.markdown(
        "A line for each launch, stop, resume, rename, deletion and import, by the pages and by the command line. "
        "Lines stay when their study is deleted."
    )
    if not found:
        st.info("Nothing has been done yet.", icon=":material/info:")
        return
    table = pd.DataFrame([asdict(entry) for entry in found])
    st.dataframe(
        table,
        key="audit_lines",
        hide_index=True,
        column_config={
            "time": time_column("Time", seconds=True, width=160),
            "who": TextColumn("Who", width=200, help="Who was signed in, or the account and machine."),
            "via": TextColumn("Via", width=120),
            "action": TextColumn("Action", width=90),
            "study": TextColumn("Study", width=260, help="By its name at that time."),
            "detail": TextColumn("Detail", width=260),
        },
        placeholder="–",
        alt="Who did what",
    )
    csv_button(table, "history", "download_history")
    if len(found) == _MOST:
        st.caption(f"The last {_MOST:,} lines. `python -m backend studies audit --last N` has more.")
