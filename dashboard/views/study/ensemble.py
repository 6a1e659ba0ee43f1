"""The study's ensemble: what each proxy contributes to a linear prediction of true accuracy."""

import streamlit as st

from backend.config.model import SearchConfig
from backend.spaces.capabilities import HasTruth, field_of
from backend.studies import StudySummary
from dashboard.cards import study as cards
from dashboard.data import queries
from dashboard.data.quantities import quantity
from dashboard.figures.numbers import readable
from dashboard.text import plain
from dashboard.widgets.charts import show
from dashboard.widgets.errors import shown_errors


def ensemble_section(summary: StudySummary, config: SearchConfig) -> None:
    """Weights as a chart, intercept and goodness as figures; or why there is no fit yet."""
    if missing := queries.lacking(summary, HasTruth):
        st.info(plain(f"An ensemble is fitted to true accuracies. {missing}"), icon=":material/info:")
        return
    with shown_errors():
        fitted = queries.ensemble(summary, config)
        ensemble, within, words = fitted.ensemble, fitted.within, queries.words_of(summary)
        target = quantity(fitted.target).name
        st.caption(
            f"{target}: linear regression on standardised proxies, over "
            f"{words.count(len(ensemble.architectures))} where it is known. Proxies whose values span orders of "
            "magnitude enter as their signed logarithm."
        )
        grid = st.grid(4, min_column_width=150)
        grid.metric(
            "Intercept",
            readable(ensemble.intercept or 0.0, field_of(summary.space, fitted.target).unit),
            help=f"The mean true accuracy of the fitted {words.many}.",
        )
        grid.metric(
            words.many.capitalize(),
            f"{len(ensemble.architectures):,}",
            help=f"Distinct {words.many} with all proxies and the accuracy known.",
        )
        grid.metric(
            "R², in-sample", f"{fitted.r2:.3f}", help=f"Variance explained on the {words.many} of the fit itself."
        )
        grid.metric(
            "Spearman, held out",
            f"{within['spearman']:.3f}",
            help=f"Rank correlation on the study's own {words.many}, each held out of the fit: cross-validated three "
            "times in five folds; isomorphic ones stay together. 95%: "
            f"{within['spearman_low']:.3f} to {within['spearman_high']:.3f}.",
        )
        show(cards.ensemble(fitted), f"{summary.name} ensemble", caption=True)
