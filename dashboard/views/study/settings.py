"""How a quantity depends on the parameters of a search: importance, means by option, and Optuna's charts."""

from __future__ import annotations

from functools import partial
from typing import Final

import streamlit as st

from backend.studies import StudySummary
from dashboard.cards import parameters as parameter_cards
from dashboard.cards import study as cards
from dashboard.cards.base import Card
from dashboard.data import queries
from dashboard.data.optuna_studies import parameter_names
from dashboard.data.quantities import label
from dashboard.links import link_trial
from dashboard.text import plain
from dashboard.views.study.shown import Shown
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.study_axes import axis_choice

_NAMES: Final = {"means": "Means", "slice": "Slice", "contour": "Contour", "rank": "Rank"}
_PAIR: Final = {"horizontal": "Horizontal", "vertical": "Vertical"}


def chart_choices(summary: StudySummary) -> tuple[LinkedChoice, ...]:
    """The choice of a chart, and those of two parameters: means by option are of spaces that name their options."""
    names = _NAMES if queries.parameters_of(summary) else {name: _NAMES[name] for name in ("slice", "contour", "rank")}
    found = parameter_names(summary)
    ordered = (found, [*found[1:2], *found])
    pair = (
        LinkedChoice(link, {name: name for name in dict.fromkeys(order)})
        for link, order in zip(_PAIR, ordered, strict=True)
    )
    return (LinkedChoice("dependence", names), *(pair if len(found) > 1 else ()))


def settings_view(shown: Shown) -> None:
    """Importances, and one of the charts, for one quantity."""
    summary, axes = shown.summary, shown.axes
    if not axes.columns:
        return
    with st.container(width=380):
        column = axis_choice(axes, "of", axes.truth or next(iter(axes.objectives), None)).dropdown(
            "Quantity", "What importances and charts are of: true accuracy, where it is known, or any other."
        )
    importance, side = st.columns([2, 3], gap="small")
    with importance, st.container(border=True, key="importance_section"):
        card = cards.importances(summary, axes, column)
        show(card, f"{summary.name} importances of {column}", heading=True)
        if card.figure is not None:
            st.caption(plain(card.words))
    with side, st.container(border=True, key="means_section"):
        _dependence(shown, column)


def _dependence(shown: Shown, column: str) -> None:
    summary = shown.summary
    chart, *pair = chart_choices(summary)
    for problem in filter(None, (choice.problem for choice in (chart, *pair))):
        st.warning(plain(problem), icon=":material/link_off:")
    chosen = chart.segments(
        "Dependence",
        "Means: by option and parameter. Slice: the quantity against each parameter. Contour: over two parameters, "
        "interpolated. Rank: over two parameters, by its rank.",
    )
    if chosen == "means":
        card, words = cards.option_means(summary, shown.frame, column), queries.words_of(summary)
        st.markdown(f"**Mean by {words.option} and {words.parameter}**", help=card.help)
        show(card, f"{summary.name} mean {column} by {words.option}")
        return
    if chosen == "slice":
        show_slices(shown, column)
        return
    names = tuple(_dropdowns(pair))
    card = shown.kept(
        f"{chosen} card",
        (column, names),
        lambda: (
            parameter_cards.contour(summary, shown.frame, column, names, ranked=chosen == "rank")
            if len(names) == 2
            else Card.missing("contour_chart", "Contour", "Fewer than two parameters take more than one value.")
        ),
    )
    show(card, f"{summary.name} {chosen} of {column}", caption=True)


def _dropdowns(pair: list[LinkedChoice]) -> list[str]:
    grid = st.grid(2, min_column_width=150)
    chosen = []
    for choice, name in zip(pair, _PAIR.values(), strict=False):
        with grid.cell():
            chosen.append(choice.dropdown(f"{name} parameter", "A parameter that takes more than one value."))
    return chosen


def show_slices(shown: Shown, column: str, most: int | None = None) -> None:
    """A quantity against each parameter; a click chooses the trial.

    Args:
        shown: the study.
        column: the quantity.
        most: cards at most; the others are said to be in the view of parameters.
    """
    made = shown.kept("slice cards", (column,), lambda: parameter_cards.slices(shown.summary, shown.frame, column))
    for place, card in enumerate(made[:most]):
        name = f"{shown.summary.name} {label(column)} by parameter{f' {place + 1}' if place else ''}"
        show(card, name, caption=True, on_select=partial(_link_clicked, card.key))
    if len(made) > len(made[:most]):
        st.caption("Further parameters: see “Parameters”.")


def _link_clicked(key: str) -> None:
    if data := clicked(key):
        link_trial(int(data[0]))
