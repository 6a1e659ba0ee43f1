"""Which architecture to train: a shortlist with what to expect of each, and what training the first costs."""

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
from dashboard.views.ensemble.choices import candidates
from dashboard.widgets.shortlist_table import shortlist_table

_COUNT = "train_count"


def recommendation_section(source: Source, plan: Plan) -> None:
    """The architecture to train, the shortlist, and the cost and gain of training its first ones.

    Raises:
        UserError: too few architectures.
    """
    words = source.space.words
    st.subheader(f"Which {words.one} to train", anchor="recommendation")
    with st.container(border=True, key="recommendation_section"):
        choice = candidates(source)
        choice.segments(
            "Recommended",
            f"By this ensemble: of all {words.many} with the scores it needs, unseen ones included. Without labels: of "
            f"the {words.many} scored here, by a fixed rule that looks at no accuracy.",
        )
        by_rule = choice.value == "rule"
        listed, judged, text = _by_rule(source, plan) if by_rule else _by_ensemble(source, plan)
        table = training_plan(list(listed.index), source.space, source.trained_on, plan.epochs or 0)
        if plan.epochs:
            labelled = not by_rule and not plan.recipe.label_free
            table = table.join(
                expected_accuracy(
                    listed, judged["predicted"], judged[ACCURACY], labelled=labelled, bounds=source.field.bounds
                )
            )
        st.markdown(_verdict(table, source))
        st.caption(plain(text))
        shortlist_table(
            table, source.space, source.field, "shortlist_table", f"{source.name} {plan.recipe.model} shortlist"
        )
        if plan.epochs:
            _training(table, source, plan.epochs)
        else:
            st.info(
                plain(f"{source.no_labels}. What to expect, and what training costs, cannot be said."),
                icon=":material/info:",
            )


def _by_ensemble(source: Source, plan: Plan) -> tuple[pd.Series, pd.DataFrame, str]:
    words = source.space.words
    predicted = ensemble_queries.everywhere(source, plan)
    known = ensemble_queries.predictions(source, plan)
    judged = known.rename(columns={"left_out": "predicted"})[["predicted", ACCURACY]]
    text = (
        f"Of {words.count(int(predicted.notna().sum()))}, those that the ensemble ranks first; of isomorphic ones one. "
    )
    if not plan.epochs:
        return shortlist(predicted, source.space), judged, f"{text}No label enters the ranking."
    text += (
        f"Labelled {words.many} are ranked by fits that have not seen them. Expected: the prediction, shifted by the "
        f"median error of similar predictions in cross-validation; the interval holds 95% of these errors. An "
        "extrapolated prediction, above all that were evaluated, counts as the highest of those, and the interval "
        "reaches up to it."
    )
    if plan.recipe.label_free:
        text += (
            f" No label enters the ranking; the true accuracies of the labelled {words.many} only say what to expect."
        )
    return shortlist(predicted, source.space), judged, text


def _by_rule(source: Source, plan: Plan) -> tuple[pd.Series, pd.DataFrame, str]:
    scores, words = source.scores, source.space.words
    recorded = scores[list(source.recorded)]
    predicted = without_labels(recorded, source.space, source.dataset).predict(scores)
    judged = pd.DataFrame({"predicted": predicted, ACCURACY: float("nan")})
    text = rule_words(rule_proxies(source.recorded, source.space, source.dataset), source.space, source.searched_by)
    text += f" Ranked are the {words.count(len(scores))} scored here."
    if plan.epochs:
        truth = proxy_queries.accuracy(source.space, source.trained_on, plan.epochs)
        judged[ACCURACY] = truth.reindex(scores.index)
        text += f" Expected: from the true accuracies of {words.many} that rank alike, which only say what to expect."
    return shortlist(predicted, source.space), judged, text


def _verdict(table: pd.DataFrame, source: Source) -> str:
    first, label, unit = table.iloc[0], table.index[0], source.field.unit
    sure = ""
    if pd.notna(first.get("expected")):
        sure = (
            f" Expected accuracy: {readable(first['expected'], unit)} (95%: {first['low']:.2f} to "
            f"{readable(first['high'], unit)}); true accuracy: {readable(first['accuracy'], unit)}."
        )
    shown = label if isinstance(label, str) else f"{label:,}"
    return f"Train **{plain(source.space.named(shown))}**.{sure}"


def _training(table: pd.DataFrame, source: Source, epochs: int) -> None:
    many = source.space.words.many
    most = len(table)
    count = most
    if most > 1:
        count = st.slider(
            "Training budget (top k)",
            1,
            most,
            min(3, most),
            key=_COUNT,
            help="What training these, and keeping the best of them, costs and gives.",
        )
    row = table.iloc[count - 1]
    grid = st.grid(3, min_column_width=150)
    grid.metric(f"{many.capitalize()} trained", f"{count}")
    if pd.notna(row["total_hours"]):
        grid.metric(
            "Training",
            f"{row['total_hours']:.2f} h",
            help=f"{count} × {epochs} epochs, as long as {source.space.title} took for these {many} on its GPU.",
        )
    grid.metric(
        "Best of them",
        readable(row["best"], source.field.unit),
        help=f"True {source.field.said}. Who trains would choose by validation accuracy, and may get a little less.",
    )
