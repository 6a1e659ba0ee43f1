"""Which proxies to trust: their weights with intervals, or what the model would lose without each."""

import streamlit as st

from backend.ensembles.models import MODELS
from dashboard.cards.ensemble import trust_card
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source
from dashboard.figures.ensemble_weights import MOST_SHOWN
from dashboard.figures.numbers import readable
from dashboard.text import plain
from dashboard.widgets.charts import show


def trust_section(source: Source, plan: Plan) -> None:
    """A chart of what each proxy contributes, and in which form it enters."""
    with st.container(border=True, key="trust_section"):
        card = trust_card(source, plan)
        st.markdown(f"**{card.title}**")
        st.caption(_form(source, plan))
        weighing = MODELS[plan.recipe.model].weighing is not None
        show(card, f"{source.name} {plan.recipe.model} {'weights' if weighing else 'proxies'}")
        if card.figure is None:
            return
        st.caption(
            _weights_words(source, plan)
            if weighing
            else "This model has no weights. Shown is by how much its Spearman on the labelled "
            f"{source.space.words.many} falls when one proxy's values are shuffled among them, the mean of three "
            "times. Redundant proxies share the loss."
        )


def _weights_words(source: Source, plan: Plan) -> str:
    intervals = ensemble_queries.weights(source, plan)
    intercept = ensemble_queries.fit(source, plan).ensemble.intercept
    sure = [str(name) for name, row in intervals.iterrows() if row["low"] > 0 or row["high"] < 0]
    shown = f" The {MOST_SHOWN} largest of {len(intervals)} columns." if len(intervals) > MOST_SHOWN else ""
    named = f" Significantly different from 0: {plain(', '.join(sure))}." if sure else " No interval excludes 0."
    words, unit = source.space.words, source.field.unit
    worth = "percentage points of accuracy" if unit == "%" else source.field.label
    return (
        f"Bars: {worth} per standard deviation, for {words.a} that is average in all else; "
        f"whiskers: 95% intervals of 200 resamples of the {words.many}. Intercept {readable(intercept, unit)}.{shown}"
        f"{named if len(sure) <= MOST_SHOWN else ''} Weights of collinear proxies are not identified one by one."
    )


def _form(source: Source, plan: Plan) -> str:
    recipe = plan.recipe
    if recipe.label_free:
        named = plain(", ".join(recipe.proxies))
        return f"Equal parts of each: the logarithm of {source.space.words.a}'s rank in {named}."
    logs = recipe.logarithms
    text = (
        f"As signed logarithms, since their values span orders of magnitude: {plain(', '.join(logs))}." if logs else ""
    )
    others = [name for name in recipe.proxies if name not in logs]
    text += f" As they are: {plain(', '.join(others))}." if others else ""
    return f"{text}{' Features of the graph enter too.' if recipe.graph else ''}".strip()
