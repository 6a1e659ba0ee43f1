"""Proxies among themselves: which rank cells alike, and so add nothing to each other."""

import streamlit as st

from dashboard import proxy_queries
from dashboard.components.charts import chart
from dashboard.figures.proxy_agreement import proxy_agreement
from dashboard.proxy_queries import Source


def agreement_section(source: Source) -> None:
    """The heat map of rank correlations."""
    st.subheader("Proxies among themselves", anchor="among-themselves")
    if len(source.scores.columns) < 2:
        st.caption("Two proxies at least are needed.")
        return
    matrix = proxy_queries.proxy_agreement(source)
    st.caption(
        "Spearman correlation of each two proxies over these cells; those that rank alike are neighbours. Two with a "
        "correlation near ±1 say the same: one of them is enough in a search or an ensemble."
    )
    chart(
        proxy_agreement(matrix),
        matrix.rename_axis("proxy").reset_index(),
        f"{source.name} proxies among themselves",
        "agreement_chart",
        "Heat map of the Spearman correlation of each two proxies",
    )
