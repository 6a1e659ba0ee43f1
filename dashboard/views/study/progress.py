"""The progress of a study: a quantity by trial, what the best so far is worth, how values spread, what was reported."""

from typing import Final

import streamlit as st

from backend.studies import StudySummary
from dashboard.cards import parameters as parameter_cards
from dashboard.cards import study as cards
from dashboard.cards.base import Card
from dashboard.data import compare as compare_queries
from dashboard.data import optuna_studies, queries
from dashboard.data.quantities import infinite_words
from dashboard.links import link_trial
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice, LinkedZoom
from dashboard.widgets.study_axes import axis_choice

_NAMES: Final = {
    "value": "By trial",
    "accuracy": "True accuracy of the best",
    "hypervolume": "Hypervolume",
    "distribution": "Distribution",
    "intermediate": "Intermediate values",
}
_HELP: Final = {
    "value": "By trial: each scored {one}, and the best value so far; {many} that break a constraint do not count.",
    "accuracy": "True accuracy: of the most accurate {one} found so far, beside random search.",
    "hypervolume": "Hypervolume: the share of the box of all objectives that the front dominates.",
    "distribution": "Distribution: the share of the {many} that are at most as high as a value (EDF).",
    "intermediate": "Intermediate values: what trials reported before they ended.",
}


def curve_choice(summary: StudySummary) -> LinkedChoice:
    """The charts that a study has."""
    lacking = set()
    if summary.run is None:
        lacking = {"accuracy", *({"hypervolume"} if len(summary.objectives) == 1 else ())}
    if summary.run is not None or not optuna_studies.reports_values(summary):
        lacking.add("intermediate")
    return LinkedChoice("curve", {name: words for name, words in _NAMES.items() if name not in lacking})


def progress_section(shown: Shown) -> None:
    """The chart that fills."""
    words = queries.words_of(shown.summary)
    with st.container(border=True, key="progress_section"):
        choice = curve_choice(shown.summary)
        said = " ".join(_HELP[name] for name in choice.names).format(one=words.one, many=words.many)
        curve = choice.segments("Progress", said)
        if curve in {"value", "distribution"}:
            _by_trial(shown, spread=curve == "distribution")
            return
        if curve == "intermediate":
            card = shown.kept("intermediate card", (), lambda: parameter_cards.intermediate_values(shown.summary))
            show(card, f"{shown.summary.name} intermediate values", caption=True)
            return
        study = compare_queries.compare(shown.summary)
        if curve == "accuracy":
            show(cards.accuracy(study), f"{study.name} best accuracy", caption=True)
        else:
            show(cards.hypervolume(study), f"{study.name} hypervolume", caption=True)


def _by_trial(shown: Shown, *, spread: bool) -> None:
    summary, axes = shown.summary, shown.axes
    column = axis_choice(axes, "quantity").dropdown("Quantity", "What the chart shows.")
    if spread:
        made = shown.kept(
            "distribution card", (column,), lambda: parameter_cards.distribution(summary, shown.frame, column)
        )
        show(made, f"{summary.name} distribution of {column}", caption=True)
        return
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
