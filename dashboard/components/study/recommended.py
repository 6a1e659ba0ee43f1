"""The cell that an ended search recommends without any label, and those to train next."""

import pandas as pd
import streamlit as st

from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.errors import plain
from dashboard.components.shortlist_table import shortlist_table
from dashboard.figures.numbers import readable


def recommended_line(summary: StudySummary, *, active: bool) -> None:
    """One line for the top of the page that names the cell, and leads to the section."""
    table, _rule = _recommendation(summary, active=active)
    if not table.empty:
        st.markdown(
            f":material/recommend: Recommended without labels: train **cell {table.index[0]:,}**. "
            "[Why, and which next](#recommended)"
        )


def recommended_section(summary: StudySummary, *, active: bool) -> None:
    """Draw it; a live study has none yet, and a study that scored no cell of the benchmark never has one."""
    table, rule = _recommendation(summary, active=active)
    if summary.config is None or table.empty:
        return
    epochs = summary.config.runner.nasbench_epochs
    st.subheader("Recommended", anchor="recommended")
    first, last = table.iloc[0], table.iloc[-1]
    count = f"the {len(table)} cells" if len(table) > 1 else "it"
    st.markdown(
        f"Train **cell {table.index[0]:,}**: true accuracy {readable(first['accuracy'], '%')} after {epochs} epochs. "
        f"Training {count} below takes {last['total_hours']:.1f} h on the benchmark's GPU, and the best of them has "
        f"{readable(last['best'], '%')}."
    )
    st.caption(plain(rule))
    shortlist_table(table, "recommended", f"{summary.name} recommended")


def _recommendation(summary: StudySummary, *, active: bool) -> tuple[pd.DataFrame, str]:
    if summary.config is None or active:
        return pd.DataFrame(), ""
    return queries.recommendation(summary, summary.config)
