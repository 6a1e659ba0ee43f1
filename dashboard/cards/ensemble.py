"""The charts of the page "Ensemble": predictions, what each proxy contributes, the learning curve, and transfer."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from backend.ensembles.models import MODELS
from backend.spaces.base import Label
from dashboard.cards.base import Card
from dashboard.data import ensembles as ensemble_queries
from dashboard.data import proxies as proxy_queries
from dashboard.data.ensembles import Plan, Transfer
from dashboard.data.proxies import Source
from dashboard.figures.ensemble_weights import ensemble_weights, proxy_worth
from dashboard.figures.learning_curves import learning_curve
from dashboard.figures.predictions import predictions


def predictions_card(source: Source, plan: Plan, *, unseen: bool, selected: Label | None) -> Card:
    """True accuracy against prediction, of the labelled architectures or of those that the fit has not seen.

    Args:
        source: of the scores.
        plan: what is fitted.
        unseen: whether to draw the rest of the space.
        selected: label of the architecture to ring.

    Raises:
        UserError: what is asked for has no prediction.
    """
    words, key, title = source.space.words, "predictions_chart", "Predicted and true"
    if not plan.epochs:
        return Card.missing(key, title, f"{source.no_labels}. A prediction has nothing to be compared with.")
    if unseen:
        groups = {f"unseen {words.many}": ensemble_queries.unseen(source, plan)}
    else:
        known = ensemble_queries.predictions(source, plan)
        columns = ["predicted", "accuracy"]
        fitted = known.rename(columns={"fitted": "predicted"})[columns]
        held_out = known.rename(columns={"left_out": "predicted"})[columns]
        groups = {"in-sample (optimistic)": fitted, "held out in cross-validation": held_out}
        if plan.recipe.label_free:
            groups = {"no label was used": held_out}
    figure = predictions(
        groups,
        is_accuracy=not plan.recipe.label_free,
        target=proxy_queries.task(source.space, source.trained_on, plan.epochs).axis,
        selected=selected,
        words=words,
        field=source.field,
    )
    last = list(groups.values())[-1]
    line = "" if plan.recipe.label_free else " Dotted: prediction and truth are equal."
    return Card(
        key,
        title,
        f"True accuracy against prediction, one marker per {words.one}",
        figure,
        last.reset_index(),
        help=f"{words.count(len(last.dropna()))}. Click one to see it; drag to zoom.{line}",
    )


def trust_card(source: Source, plan: Plan) -> Card:
    """What each proxy contributes: its weight with an interval, or what is lost when it is shuffled."""
    title = "Which proxies does it trust?"
    if MODELS[plan.recipe.model].weighing:
        return _weights_card(source, plan, title)
    words = source.space.words
    if not plan.epochs:
        why = f"{source.no_labels}. What each proxy contributes is measured by its effect on predicted accuracy."
        return Card.missing("worth_chart", title, why)
    lost = ensemble_queries.worth(source, plan)
    return Card(
        "worth_chart",
        title,
        f"Spearman that is lost when each proxy is shuffled among the {words.many}",
        proxy_worth(lost, words),
        lost.rename("spearman_lost").rename_axis("proxy").reset_index(),
    )


def curve_card(source: Source, curve: pd.DataFrame, statistic: str, references: Mapping[str, float]) -> Card:
    """A figure of merit on unseen architectures by the number of labelled ones.

    Args:
        source: of the scores.
        curve: as ``backend.ensembles.evaluation.learning_curve`` gives it.
        statistic: which figure.
        references: levels to compare with, by name.
    """
    words = source.space.words
    return Card(
        "curve_chart",
        "Learning curve",
        f"Figure on unseen {words.many} by the number of labelled {words.many}",
        learning_curve(curve, statistic, references, words, source.field),
        curve,
    )


def transfer_card(source: Source, plan: Plan, dataset: str, there: Transfer) -> Card:
    """True accuracy on another data set against the ensemble's prediction.

    Args:
        source: of the scores that it is fitted on.
        plan: what is fitted.
        dataset: to predict for.
        there: what it predicts.
    """
    figure = predictions(
        {dataset: there.predicted},
        is_accuracy=False,
        target=proxy_queries.task(source.space, dataset, plan.epochs or 0).axis,
        says=None if plan.recipe.label_free else source.field.with_unit(f"Predicted accuracy on {source.trained_on}"),
        words=source.space.words,
    )
    return Card(
        "transfer_chart",
        "On another data set",
        f"True accuracy on {dataset} against the ensemble's prediction",
        figure,
        there.predicted.reset_index(),
    )


def _weights_card(source: Source, plan: Plan, title: str) -> Card:
    intervals = ensemble_queries.weights(source, plan)
    fitted = ensemble_queries.fit(source, plan).ensemble
    logarithms = plan.recipe.logarithms
    table = intervals.rename_axis("column").reset_index()
    table["column"] = [f"log {name}" if name in logarithms else name for name in table["column"]]
    last = pd.DataFrame([{"column": "intercept", "weight": fitted.intercept}])
    return Card(
        "weights_chart",
        title,
        "Weight of each column with its 95% interval",
        ensemble_weights(fitted.weights or {}, logarithms, intervals, source.field),
        pd.concat([table, last], ignore_index=True),
    )
