"""The progress of a study: a quantity by trial, the true accuracy of the best so far, or the hypervolume."""

from typing import Final

import streamlit as st

from dashboard.cards import study as cards
from dashboard.cards.base import Card
from dashboard.data import compare as compare_queries
from dashboard.data import queries
from dashboard.data.quantities import infinite_words
from dashboard.links import link_trial
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice, LinkedZoom
from dashboard.widgets.study_axes import axis_choice

CURVE: Final = LinkedChoice(
    "curve", {"value": "By trial", "accuracy": "True accuracy of the best", "hypervolume": "Hypervolume"}
)


def progress_section(shown: Shown) -> None:
    """The chart that fills."""
    words = queries.words_of(shown.summary)
    with st.container(border=True, key="progress_section"):
        curve = CURVE.segments(
            "Progress",
            f"By trial: each scored {words.one}, and the best value so far; {words.many} that break a constraint do "
            f"not count. True accuracy: of the most accurate {words.one} found so far, beside random search. "
            "Hypervolume: the share of the box of all objectives that the front dominates.",
        )
        if curve == "value":
            _by_trial(shown)
            return
        study = compare_queries.compare(shown.summary)
        if curve == "accuracy":
            show(cards.accuracy(study), f"{study.name} best accuracy", caption=True)
        else:
            show(cards.hypervolume(study), f"{study.name} hypervolume", caption=True)


def _by_trial(shown: Shown) -> None:
    summary, axes = shown.summary, shown.axes
    column = axis_choice(axes, "quantity").dropdown("Quantity by trial", "What the chart shows.")
    zoom = LinkedZoom("progress-zoom", "number", column)

    def make() -> Card:
        card = cards.progress(summary, shown.frame, axes, column)
        zoom.apply(card.figure)
        return card

    card = shown.kept("progress card", (column, zoom.ranges), make)
    show(card, f"{summary.name} {column} by trial", on_select=lambda: _link_clicked(card.key), zoom=zoom)
    if infinite := infinite_words(shown.frame, [column]):
        st.caption(infinite.lstrip())


def _link_clicked(key: str) -> None:
    if data := clicked(key):
        link_trial(int(data[0]))
