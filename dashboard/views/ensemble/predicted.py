"""Predicted against true accuracy, and the card of the cell that is chosen."""

import streamlit as st

from backend.ensembles.fitting import ACCURACY
from dashboard.data import ensembles as ensemble_queries
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source, Target
from dashboard.figures.predictions import predictions
from dashboard.links import link_cell, linked_cell
from dashboard.views.ensemble.choices import VIEW
from dashboard.widgets.charts import chart, clicked
from dashboard.widgets.scored_cell import scored_cell

_CHART = "predictions_chart"


def predictions_section(source: Source, plan: Plan) -> None:
    """The scatter, of labelled cells or of unseen ones; a click puts a cell into the page's link.

    Raises:
        UserError: the cells that are asked for have no prediction.
    """
    with st.container(border=True, key="predictions_section"):
        VIEW.segments(
            "Cells",
            "Labelled cells: each predicted by fits that have not seen it, and in grey by the one that has. Unseen: "
            "the rest of the space without their twins.",
        )
        if VIEW.value == "unseen":
            groups = {"unseen cells": ensemble_queries.unseen(source, plan)}
        else:
            known = ensemble_queries.predictions(source, plan)
            fitted = known.rename(columns={"fitted": "predicted"})[["predicted", ACCURACY]]
            apart = known.rename(columns={"left_out": "predicted"})[["predicted", ACCURACY]]
            groups = {"by the fit on them: too good": fitted, "by fits that have not seen them": apart}
            if plan.recipe.label_free:
                groups = {"no label was used": apart}
        selected = linked_cell()
        chart(
            predictions(
                groups,
                is_accuracy=not plan.recipe.label_free,
                target=f"True test accuracy, {source.dataset}, {plan.epochs} epochs (%)",
                selected=selected.index if selected else None,
            ),
            list(groups.values())[-1].reset_index(),
            f"{source.name} {plan.recipe.model} predictions",
            _CHART,
            "True accuracy against prediction, a marker a cell",
            on_select=_link_clicked,
        )
        line = "" if plan.recipe.label_free else " Dotted: prediction and truth are equal."
        st.caption(f"{len(list(groups.values())[-1].dropna()):,} cells. Click one to see it; drag to zoom.{line}")


def cell_section(source: Source, plan: Plan) -> None:
    """The cell of the link, or the most accurate one.

    Raises:
        UserError: the link names no cell.
    """
    scored_cell(source, Target(source.dataset, plan.epochs))


def _link_clicked() -> None:
    if data := clicked(_CHART):
        link_cell(int(data[0]))
