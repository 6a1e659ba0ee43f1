"""The ensemble on another data set than its own, with its figures there."""

from typing import Final

import streamlit as st

from backend.spaces.capabilities import HasTruth, capability
from dashboard.cards.ensemble import transfer_card
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import LEFT_OUT, UNSEEN, Plan
from dashboard.data.proxies import Source
from dashboard.text import plain
from dashboard.views.ensemble.figures_table import figures_frame, figures_table
from dashboard.widgets.charts import show
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.linked import LinkedChoice

_FROM: Final = "from"
_HERE: Final = "what-there-is"


def transfer_section(source: Source, plan: Plan) -> None:
    """A data set, whose scores to predict from, and figures on its truth."""
    st.subheader("On another data set", anchor="transfer")
    truth = capability(source.space, HasTruth)
    if truth is None or not plan.epochs:
        st.info(plain(f"{source.no_labels}. Transfer is measured by true accuracy."), icon=":material/info:")
        return
    alike = [name for name in truth.datasets if plan.epochs in truth.lengths(name)]
    others = sorted((name for name in alike if name != source.trained_on), key=_shares_images)
    if not others:
        words = f"{source.space.title}: its {source.space.words.many} were trained on {source.trained_on} alone"
        st.info(plain(f"{words}. Transfer is measured by true accuracy on another data set."), icon=":material/info:")
        return
    with st.container(border=True, key="transfer_section"):
        where, how = st.columns(2)
        with where:
            dataset = LinkedChoice("to", {name: name for name in others}).dropdown(
                "Predict for",
                f"The ensemble stays as it was fitted on {source.trained_on}; its ranking is evaluated here.",
            )
        studies = ensemble_queries.studies_on(source.space.name, dataset, source.name)
        with how:
            names = {_HERE: "Available scores", **{name: f"Study: {name}" for name in studies}}
            chosen = LinkedChoice(_FROM, names).dropdown(
                "From the scores of",
                f"Scores on that data set: of a study there, of a bundled table, or sizes of {source.space.words.many}"
                "; where there are none, the scores on the ensemble's own data set.",
            )
        with shown_errors():
            _judge(source, plan, dataset, None if chosen == _HERE else chosen)


def _shares_images(dataset: str) -> bool:
    """Whether a data set has the images of another, and so says least about transfer: listed last."""
    return dataset in {"cifar10", "cifar10-valid"}


def _judge(source: Source, plan: Plan, dataset: str, study: str | None) -> None:
    with st.spinner(f"Predicting for {dataset}"):
        there = ensemble_queries.transfer(source, plan, dataset, study)
    words, found = source.space.words, {dataset: there.found}
    own = ensemble_queries.all_figures(source, plan)
    kept = UNSEEN if UNSEEN in own else LEFT_OUT
    if kept in own:
        found = {f"{source.trained_on}, {ensemble_queries.in_space(kept, source)}": own[kept], **found}
    over = f"{words.many} that are not isomorphic to a fitted one"
    if there.held_out:
        over = f"the fitted {words.many}, each predicted by fits that have not seen it"
    brought = ", mapped to the scale of the fit by rank" if there.matched else ""
    st.caption(
        plain(
            f"Predicted from {there.words}{brought}; evaluated by the true accuracy on {dataset} after {plan.epochs} "
            f"epochs, over {over}. Predictions are those of the fit's data set: what transfers is the order."
        )
    )
    table = figures_frame(found, {dataset: f"{dataset}"})
    figures_table(table, "transfer_figures", f"How good the ensemble is on {dataset}", words, source.field)
    show(transfer_card(source, plan, dataset, there), f"{source.name} {plan.recipe.model} on {dataset}")
