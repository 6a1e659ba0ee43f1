"""The ensemble on another data set than its own, with its figures there."""

from typing import Final

import streamlit as st

from backend.datasets.info import DATASETS
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import LEFT_OUT, UNSEEN, Plan
from dashboard.data.proxies import Source
from dashboard.figures.predictions import predictions
from dashboard.text import plain
from dashboard.views.ensemble.figures_table import figures_frame, figures_table
from dashboard.widgets.charts import chart
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.linked import LinkedChoice

_FROM: Final = "from"
_HERE: Final = "what-there-is"


def transfer_section(source: Source, plan: Plan) -> None:
    """A data set, whose scores to predict from, and figures on its truth."""
    st.subheader("On another data set", anchor="transfer")
    with st.container(border=True, key="transfer_section"):
        others = sorted((name for name in DATASETS if name != source.dataset), key=_twins)
        where, how = st.columns(2)
        with where:
            dataset = LinkedChoice("to", {name: name for name in others}).dropdown(
                "Predict for", f"The ensemble stays as it was fitted on {source.dataset}; its ranking is judged here."
            )
        studies = ensemble_queries.studies_on(dataset, source.name)
        with how:
            names = {_HERE: "What there is", **{name: f"Study: {name}" for name in studies}}
            chosen = LinkedChoice(_FROM, names).dropdown(
                "From the scores of",
                "Scores on that data set: of a study there, of a bundled table, or sizes of cells; where there are "
                "none, the scores on the ensemble's own data set.",
            )
        with shown_errors():
            _judge(source, plan, dataset, None if chosen == _HERE else chosen)


def _twins(dataset: str) -> bool:
    """Whether a data set has the images of another, and so tells least of what carries over: listed last."""
    return dataset in {"cifar10", "cifar10-valid"}


def _judge(source: Source, plan: Plan, dataset: str, study: str | None) -> None:
    with st.spinner(f"Predicting for {dataset}"):
        there = ensemble_queries.transfer(source, plan, dataset, study)
    found = {dataset: there.found}
    own = ensemble_queries.all_figures(source, plan)
    kept = UNSEEN if UNSEEN in own else LEFT_OUT
    if kept in own:
        found = {f"{source.dataset}, {kept}": own[kept], **found}
    brought = ", brought to the scale of the fit by rank" if there.matched else ""
    st.caption(
        plain(
            f"Predicted from {there.words}{brought}; judged by the true accuracy on {dataset} after {plan.epochs} "
            "epochs, over cells that are no twins of the fitted ones. Predictions are accuracies on the fit's data "
            "set: what carries over is the order."
        )
    )
    table = figures_frame(found, {dataset: f"{dataset}"})
    figures_table(table, "transfer_figures", f"How good the ensemble is on {dataset}")
    chart(
        predictions(
            {dataset: there.cells},
            is_accuracy=False,
            target=f"True test accuracy, {dataset}, {plan.epochs} epochs (%)",
            says=None if plan.recipe.label_free else f"Predicted accuracy on {source.dataset} (%)",
        ),
        there.cells.reset_index(),
        f"{source.name} {plan.recipe.model} on {dataset}",
        "transfer_chart",
        f"True accuracy on {dataset} against the ensemble's prediction",
    )
