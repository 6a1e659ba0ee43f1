"""The study's ensemble: what each proxy contributes to a linear prediction of true accuracy."""

import pandas as pd
import streamlit as st

from backend.search.config import SearchConfig
from backend.studies import StudySummary
from dashboard import queries
from dashboard.components.errors import shown_errors
from dashboard.figures import ensemble_weights
from dashboard.figures.numbers import readable
from dashboard.figures.quantities import label


def ensemble_section(summary: StudySummary, config: SearchConfig) -> None:
    """Weights as a chart, intercept and goodness as figures; or why there is no fit yet."""
    with shown_errors():
        ensemble = queries.ensemble(summary, config)
        st.caption(
            f"Linear regression of {label(ensemble.target).lower()} on standardised proxies, "
            f"over {ensemble.cells:,} cells with known accuracy."
        )
        grid = st.grid(4, min_column_width=150)
        grid.metric("Intercept", readable(ensemble.intercept, "%"), help="The mean true accuracy of the fitted cells.")
        grid.metric("Cells", f"{ensemble.cells:,}", help="Distinct cells with all proxies and the accuracy known.")
        grid.metric(
            "R² on these cells", f"{ensemble.r2:.3f}", help="Variance explained on the cells of the fit itself."
        )
        spearman = "–" if ensemble.spearman is None else f"{ensemble.spearman:.3f}"
        grid.metric("Spearman, unseen cells", spearman, help="Rank correlation under 5-fold cross-validation.")
        st.plotly_chart(
            ensemble_weights(ensemble),
            key="ensemble_chart",
            config={"displayModeBar": False},
            alt="Weights of the ensemble",
        )
        weights = pd.DataFrame(
            [*ensemble.weights.items(), ("intercept", ensemble.intercept)], columns=["proxy", "weight"]
        )
        st.download_button(
            "Download CSV",
            weights.to_csv(index=False).encode(),
            file_name=f"{summary.name} ensemble.csv",
            mime="text/csv",
            icon=":material/download:",
            key="download_ensemble",
            on_click="ignore",
            help="Weights in percentage points a standard deviation, and the intercept in %.",
        )
