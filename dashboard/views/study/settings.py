"""How much the parameters of a search matter, and what each of their options gives."""

import streamlit as st

from dashboard.cards import study as cards
from dashboard.data import queries
from dashboard.data.quantities import label
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import show
from dashboard.widgets.study_axes import axis_choice


def settings_view(shown: Shown) -> None:
    """Both charts for one quantity."""
    summary, axes = shown.summary, shown.axes
    if not axes.columns:
        return
    with st.container(width=380):
        column = axis_choice(axes, "of", axes.truth).dropdown(
            "Quantity", "What importances and means are of: true accuracy, where it is known, or any other."
        )
    importance, means = st.columns([2, 3], gap="small")
    with importance, st.container(border=True, key="importance_section"):
        card = cards.importances(summary, axes, column)
        show(card, f"{summary.name} importances of {column}", heading=True)
        if card.figure is not None:
            way = axes.direction(column)
            st.caption(f"For {plain(label(column))} ({way}), by Optuna's PED-ANOVA on the completed trials.")
    with means, st.container(border=True, key="means_section"):
        card = cards.option_means(summary, shown.frame, column)
        words = queries.words_of(summary)
        st.markdown(f"**Mean by {words.option} and {words.parameter}**", help=card.help)
        show(card, f"{summary.name} mean {column} by {words.option}")
