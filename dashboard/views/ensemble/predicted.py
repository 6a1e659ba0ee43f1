"""Predicted against true accuracy, and the card of the architecture that is chosen."""

import streamlit as st

from dashboard.cards.ensemble import predictions_card
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source, Target
from dashboard.links import link_architecture, linked_architecture
from dashboard.text import plain
from dashboard.views.ensemble.choices import view
from dashboard.widgets.charts import clicked, show
from dashboard.widgets.scored_architecture import scored_architecture


def predictions_section(source: Source, plan: Plan) -> None:
    """The scatter, of labelled or of unseen architectures; a click puts one into the page's link.

    Raises:
        UserError: those that are asked for have no prediction.
    """
    words = source.space.words
    with st.container(border=True, key="predictions_section"):
        if plan.epochs:
            view(source).segments(
                words.many.capitalize(),
                f"Labelled {words.many}: each predicted by fits that have not seen it, and in grey in-sample. "
                "Unseen: the rest of the space, without those isomorphic to a labelled one.",
            )
        selected = linked_architecture(source.space)
        label = source.space.label(selected) if selected else None
        card = predictions_card(source, plan, unseen=view(source).value == "unseen", selected=label)
        show(card, f"{source.name} {plan.recipe.model} predictions", on_select=_link_clicked)
        if card.help:
            st.caption(plain(card.help))


def architecture_section(source: Source, plan: Plan) -> None:
    """The architecture of the link, or the most accurate one, or where no accuracy is known the best by a proxy.

    Raises:
        UserError: the link names none of the space.
    """
    target = Target(source.trained_on, plan.epochs) if plan.epochs else None
    scored_architecture(source, target, str(next(iter(source.scores))))


def _link_clicked() -> None:
    if data := clicked("predictions_chart"):
        link_architecture(data[0])
