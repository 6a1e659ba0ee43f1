"""The button that makes a study's report."""

import streamlit as st

from backend.naming import file_name
from backend.studies import StudySummary
from dashboard.report import study_report
from dashboard.session import bound


def report_button(summary: StudySummary) -> None:
    """A download of the study as one HTML file, made when it is clicked."""
    st.download_button(
        "Report",
        bound(lambda: study_report(summary).encode()),
        file_name=f"{file_name(summary.name)}.html",
        mime="text/html",
        icon=":material/summarize:",
        key="download_report",
        on_click="ignore",
        help="One HTML file to mail or keep: charts, best trials, configuration and versions. Opens without a network.",
    )
