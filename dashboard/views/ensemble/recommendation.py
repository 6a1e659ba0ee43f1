"""Which cell to train: a shortlist with what to expect of each, and what training the first of them costs."""

import pandas as pd
import streamlit as st

from backend.ensembles.fitting import ACCURACY
from backend.ensembles.recommendation import (
    expected_accuracy,
    rule_proxies,
    rule_words,
    shortlist,
    training_plan,
    without_labels,
)
from dashboard.data import ensembles as ensemble_queries
from dashboard.data import proxies as proxy_queries
from dashboard.data.ensembles import Plan
from dashboard.data.proxies import Source
from dashboard.figures.numbers import readable
from dashboard.text import plain
from dashboard.views.ensemble.choices import CANDIDATES
from dashboard.widgets.shortlist_table import shortlist_table

_COUNT = "train_count"


def recommendation_section(source: Source, plan: Plan) -> None:
    """The cell to train, the shortlist, and the cost and gain of training its first cells.

    Raises:
        UserError: too few cells.
    """
    st.subheader("Which cell to train", anchor="recommendation")
    with st.container(border=True, key="recommendation_section"):
        CANDIDATES.segments(
            "Recommended",
            "By this ensemble: of all cells with the scores it needs, unseen ones included. Without labels: of the "
            "cells scored here, by a fixed rule that looks at no accuracy.",
        )
        listed, judged, words = _by_rule(source, plan) if CANDIDATES.value == "rule" else _by_ensemble(source, plan)
        labelled = CANDIDATES.value != "rule" and not plan.recipe.label_free
        expected = expected_accuracy(listed, judged["predicted"], judged[ACCURACY], labelled=labelled)
        table = training_plan(list(listed.index), source.space, source.dataset, plan.epochs).join(expected)
        st.markdown(_verdict(table))
        st.caption(plain(words))
        shortlist_table(table, "shortlist_table", f"{source.name} {plan.recipe.model} shortlist")
        _training(table, plan)


def _by_ensemble(source: Source, plan: Plan) -> tuple[pd.Series, pd.DataFrame, str]:
    predicted = ensemble_queries.everywhere(source, plan)
    known = ensemble_queries.predictions(source, plan)
    judged = known.rename(columns={"left_out": "predicted"})[["predicted", ACCURACY]]
    words = (
        f"Of {predicted.notna().sum():,} cells, those that the ensemble puts first; of twins one. Labelled cells are "
        "ranked by fits that have not seen them. Expected: the prediction, moved by the median of what cells "
        "predicted alike missed theirs by in cross-validation; the interval holds 95% of that. A prediction beyond all "
        "that were judged counts as the highest of those, and the interval reaches up to it."
    )
    if plan.recipe.label_free:
        words += " No label enters the ranking; the true accuracies of the labelled cells only say what to expect."
    return shortlist(predicted, source.space), judged, words


def _by_rule(source: Source, plan: Plan) -> tuple[pd.Series, pd.DataFrame, str]:
    scores = source.scores
    recorded = scores[list(source.recorded)]
    predicted = without_labels(recorded, source.space, source.dataset).predict(scores)
    truth = proxy_queries.accuracy(source.dataset, plan.epochs).reindex(scores.index)
    words = rule_words(rule_proxies(source.recorded, source.space), source.space, source.searched_by) + (
        f" Ranked are the {len(scores):,} cells scored here. Expected: from the true accuracies of cells that rank "
        "alike, which only say what to expect."
    )
    return shortlist(predicted, source.space), pd.DataFrame({"predicted": predicted, ACCURACY: truth}), words


def _verdict(table: pd.DataFrame) -> str:
    first = table.iloc[0]
    sure = ""
    if pd.notna(first["expected"]):
        sure = (
            f" Expected are {readable(first['expected'], '%')} (95%: {first['low']:.2f} to {first['high']:.2f} %); "
            f"true are {readable(first['accuracy'], '%')}."
        )
    return f"Train **cell {table.index[0]:,}**.{sure}"


def _training(table: pd.DataFrame, plan: Plan) -> None:
    most = len(table)
    count = most
    if most > 1:
        count = st.slider(
            "Train the first",
            1,
            most,
            min(3, most),
            key=_COUNT,
            help="What training these, and keeping the best of them, costs and gives.",
        )
    row = table.iloc[count - 1]
    grid = st.grid(3, min_column_width=150)
    grid.metric("Cells trained", f"{count}")
    grid.metric(
        "Training",
        f"{row['total_hours']:.2f} h",
        help=f"{count} × {plan.epochs} epochs, as long as NAS-Bench-201 took for these cells on its GPU.",
    )
    grid.metric(
        "Best of them",
        readable(row["best"], "%"),
        help="True test accuracy. Who trains would choose by validation accuracy, and may get a little less.",
    )
