"""Which proxies to trust: their weights with intervals, or what the model would lose without each."""

import pandas as pd
import streamlit as st

from backend.ensembles.models import MODELS
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source
from dashboard.figures.ensemble_weights import MOST_SHOWN, ensemble_weights, proxy_worth
from dashboard.text import plain
from dashboard.widgets.charts import chart


def trust_section(source: Source, plan: Plan) -> None:
    """A chart of what each proxy contributes, and in which form it enters."""
    with st.container(border=True, key="trust_section"):
        st.markdown("**Which proxies does it trust?**")
        st.caption(_form(plan))
        if MODELS[plan.recipe.model].weighing:
            _weights(source, plan)
        else:
            worth = ensemble_queries.worth(source, plan)
            chart(
                proxy_worth(worth),
                worth.rename("spearman_lost").rename_axis("proxy").reset_index(),
                f"{source.name} {plan.recipe.model} proxies",
                "worth_chart",
                "Spearman that is lost when each proxy is shuffled among the cells",
            )
            st.caption(
                "This model has no weights: shown is by how much its Spearman on the labelled cells falls when one "
                "proxy's values are shuffled among them, the mean of three times. Proxies that say the same share it."
            )


def _weights(source: Source, plan: Plan) -> None:
    intervals = ensemble_queries.weights(source, plan)
    fitted = ensemble_queries.fit(source, plan).ensemble
    logarithms = plan.recipe.logarithms
    sure = [name for name, row in intervals.iterrows() if row["low"] > 0 or row["high"] < 0]
    chart(
        ensemble_weights(fitted.weights or {}, logarithms, intervals),
        _table(intervals, fitted.intercept, logarithms),
        f"{source.name} {plan.recipe.model} weights",
        "weights_chart",
        "Weight of each column with its 95% interval",
    )
    shown = f" The {MOST_SHOWN} weightiest of {len(intervals)} columns." if len(intervals) > MOST_SHOWN else ""
    named = f"Surely other than 0: {plain(', '.join(map(str, sure)))}." if sure else "No weight is surely other than 0."
    st.caption(
        f"Bars: points of accuracy that one standard deviation is worth to a cell that is average in all; whiskers: "
        f"95% intervals of 200 resamples of the cells. Intercept {fitted.intercept:.2f} %.{shown} "
        f"{named if len(sure) <= MOST_SHOWN else ''} "
        "Proxies that say the same share a weight at random."
    )


def _form(plan: Plan) -> str:
    recipe = plan.recipe
    if recipe.label_free:
        return f"Equal parts of each: the logarithm of a cell's rank in {plain(', '.join(recipe.proxies))}."
    logs = recipe.logarithms
    text = (
        f"As signed logarithms, since their values span orders of magnitude: {plain(', '.join(logs))}." if logs else ""
    )
    others = [name for name in recipe.proxies if name not in logs]
    text += f" As they are: {plain(', '.join(others))}." if others else ""
    return f"{text}{' Features of the graph enter too.' if recipe.graph else ''}".strip()


def _table(intervals: pd.DataFrame, intercept: float | None, logarithms: list[str]) -> pd.DataFrame:
    frame = intervals.rename_axis("column").reset_index()
    frame["column"] = [f"log {name}" if name in logarithms else name for name in frame["column"]]
    last = pd.DataFrame([{"column": "intercept", "weight": intercept}])
    return pd.concat([frame, last], ignore_index=True)
