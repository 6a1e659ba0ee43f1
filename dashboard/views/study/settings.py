"""What the settings of a search matter: the importance of each, and what each operation on each edge gives."""

import pandas as pd
import streamlit as st

from backend.analysis.importance import choice_means
from backend.errors import UserError
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.data.quantities import label
from dashboard.figures import importance_bars, operation_tiles
from dashboard.text import plain
from dashboard.widgets.charts import chart
from dashboard.widgets.study_axes import Axes

_NO_CELLS = "The trials of this study name no cells of NAS-Bench-201."


def settings_view(summary: StudySummary, frame: pd.DataFrame, axes: Axes) -> None:
    """Both charts for one quantity."""
    if not axes.columns:
        return
    with st.container(width=380):
        column = axes.choice("of", axes.truth).dropdown(
            "Quantity", "What importances and means are of: true accuracy, where it is known, or any other."
        )
    importance, means = st.columns([2, 3], gap="small")
    with importance, st.container(border=True, key="importance_section"):
        _importances(summary, axes, column)
    with means, st.container(border=True, key="means_section"):
        _means(summary, frame, column)


def _importances(summary: StudySummary, axes: Axes, column: str) -> None:
    st.markdown(
        "**Importance**",
        help="PED-ANOVA: how much the settings of the best tenth of the trials differ from those of all. Shares of "
        "the whole; they say which setting matters, not which value is good.",
    )
    try:
        shares = queries.importances(summary, column, axes.direction(column))
    except UserError as error:
        st.info(plain(str(error)), icon=":material/info:")
        return
    chart(
        importance_bars(shares),
        shares.rename("share").rename_axis("setting").reset_index(),
        f"{summary.name} importances of {column}",
        "importance_chart",
        f"Importance of each setting for {label(column)}",
    )
    st.caption(f"For {plain(label(column))} ({axes.direction(column)}), by Optuna's PED-ANOVA on the completed trials.")


def _means(summary: StudySummary, frame: pd.DataFrame, column: str) -> None:
    st.markdown(
        "**Mean by operation and edge**",
        help="Of the distinct cells that have this operation on this edge. A search visits some far more often than "
        "others: mind the number of cells below each mean.",
    )
    means = choice_means(frame, column, queries.parameters_of(summary))
    if means.empty:
        why = f"No cell has a finite value of {label(column)}." if "arch" in frame else _NO_CELLS
        st.info(plain(why), icon=":material/info:")
        return
    chart(
        operation_tiles(means, column),
        means,
        f"{summary.name} mean {column} by operation",
        "means_chart",
        f"Mean of {label(column)} by operation and edge",
    )
