"""The study's ensemble: what each proxy contributes to a linear prediction of true accuracy."""

import pandas as pd
import streamlit as st

from backend.config.model import SearchConfig
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.data.quantities import label
from dashboard.figures import ensemble_weights
from dashboard.figures.numbers import readable
from dashboard.widgets.charts import drawing_config
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.tables import csv_button


def ensemble_section(summary: StudySummary, config: SearchConfig) -> None:
    """Weights as a chart, intercept and goodness as figures; or why there is no fit yet."""
    with shown_errors():
        fitted = queries.ensemble(summary, config)
        ensemble, within = fitted.ensemble, fitted.within
        weights, logarithms = ensemble.weights or {}, ensemble.recipe.logarithms
        st.caption(
            f"Linear regression of {label(fitted.target).lower()} on standardised proxies, over "
            f"{len(ensemble.cells):,} cells with known accuracy. Proxies whose values span orders of magnitude enter "
            "as their signed logarithm."
        )
        grid = st.grid(4, min_column_width=150)
        grid.metric(
            "Intercept", readable(ensemble.intercept or 0.0, "%"), help="The mean true accuracy of the fitted cells."
        )
        grid.metric("Cells", f"{len(ensemble.cells):,}", help="Distinct cells with all proxies and the accuracy known.")
        grid.metric("R² on these cells", f"{fitted.r2:.3f}", help="Variance explained on the cells of the fit itself.")
        grid.metric(
            "Spearman, left out",
            f"{within['spearman']:.3f}",
            help="Rank correlation on the study's own cells, each left out of the fit: cross-validated three times in "
            "five folds; twins stay together. 95%: "
            f"{within['spearman_low']:.3f} to {within['spearman_high']:.3f}.",
        )
        st.plotly_chart(
            ensemble_weights(weights, logarithms),
            key="ensemble_chart",
            config=drawing_config(f"{summary.name} ensemble"),
            alt="Weights of the ensemble",
        )
        rows = [(f"log {name}" if name in logarithms else name, weight) for name, weight in weights.items()]
        table = pd.DataFrame([*rows, ("intercept", ensemble.intercept)], columns=["proxy", "weight"])
        words = "Weights in percentage points a standard deviation, and the intercept in %."
        csv_button(table, f"{summary.name} ensemble", "download_ensemble", words)
