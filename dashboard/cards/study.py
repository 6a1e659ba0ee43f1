"""The charts of a study, which its page shows and its report prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from backend.analysis.hypervolume import EXACT_OBJECTIVES
from backend.analysis.importance import choice_means
from backend.analysis.random_hypervolume import searches
from backend.analysis.repetitions import median_band
from backend.ensembles.study import StudyEnsemble
from backend.errors import UserError
from backend.spaces.base import Words
from backend.spaces.capabilities import Drawable, HasTruth, Parameters, capability, field_of, lacks_truth, truth_field
from backend.studies import StudySummary
from dashboard.cards.base import Card
from dashboard.data import compare as compare_queries
from dashboard.data import configurations, queries
from dashboard.data import proxies as proxy_queries
from dashboard.data.axes import Axes
from dashboard.data.compare import Compared, Space
from dashboard.data.quantities import infinite_words, label
from dashboard.figures import (
    architecture_graph,
    ensemble_weights,
    importance_bars,
    option_tiles,
    parallel_coordinates,
    pareto_scatter,
    pareto_space,
    progress_chart,
    scoring_seconds,
)
from dashboard.figures.numbers import readable
from dashboard.figures.parallel_coordinates import settings_of
from dashboard.figures.search_curves import Curve, search_curves

_MOST_AXES = 8
_IDENTITY = ("number", "state", "index", "arch")


def report_cards(summary: StudySummary, frame: pd.DataFrame, axes: Axes) -> list[Card]:
    """The charts of a study's report; none for a study without a value.

    Args:
        summary: of the study.
        frame: its trials.
        axes: what charts can show.
    """
    if not axes.columns or not (frame["state"] == "complete").any():
        return []
    first, second, target = axes.columns[0], axes.second, axes.truth or axes.columns[0]
    compared = compare_queries.compare(summary)
    quantities = dict.fromkeys([*axes.objectives, *([axes.truth] if axes.truth else []), *axes.columns])
    return [
        progress(summary, frame, axes, first),
        accuracy(compared),
        hypervolume(compared),
        *([pareto(summary, frame, axes, (first, second), axes.truth)] if second != first else []),
        parallel(summary, frame, list(quantities)[:_MOST_AXES], target, ranked=True),
        option_means(summary, frame, target),
        best_architecture(summary, frame, axes, target),
    ]


def progress(summary: StudySummary, frame: pd.DataFrame, axes: Axes, column: str) -> Card:
    """A quantity by trial, and the best so far.

    Args:
        summary: of the study.
        frame: its trials.
        axes: what charts can show.
        column: the quantity.
    """
    needed = _needed(frame, column)
    optimum, allowed = _optimum(summary, column)
    figure = progress_chart(
        needed,
        column,
        axes.direction(column),
        optimum=optimum,
        allowed=allowed,
        bounds=axes.bounds.get(column, ()),
        asked=summary.config.setup.n_trials if summary.config else None,
        words=queries.words_of(summary),
    )
    words = f"{label(column)} by trial, and the best so far.{infinite_words(frame, [column])}"
    return Card("progress_chart", "Progress", words, figure, needed)


def _optimum(summary: StudySummary, column: str) -> tuple[float | None, float | None]:
    """The best of the space, and of what the search allows, where the column is a true test accuracy."""
    epochs, _, field = column.partition(":")
    config = summary.config
    if config is None or lacks_truth(config.space, config.trained_on):
        return None, None
    if field != truth_field(config.space, config.trained_on).name:
        return None, None
    values = proxy_queries.accuracy(config.space, config.trained_on, int(epochs))
    allowed = configurations.allowed(config)
    return float(values.max()), float(values[allowed].max()) if allowed else None


def accuracy(study: Compared) -> Card:
    """The true accuracy of the best architecture so far, beside random search."""
    summary, key, title = study.summary, "accuracy_chart", "Best true accuracy"
    if study.no_regret or study.space is None or study.trained_on is None:
        # A space without truth has no true accuracy of any of its studies.
        missing = queries.lacking(summary, HasTruth) if summary.space_name else ""
        return Card.missing(key, title, f"No true accuracy. {missing}" if missing else _no_accuracy(study))
    words = study.words
    epochs = summary.config.runner.nasbench_epochs if summary.config else study.epochs[-1]
    found = compare_queries.regret(study, epochs, None)
    if found.empty:
        return Card.missing(key, title, f"The most accurate {words.one} is known once one is scored.")
    best = compare_queries.optimum(study.space, study.trained_on, epochs)
    band = compare_queries.random_accuracy(study.space, study.trained_on, epochs, int(found["architectures"].max()))
    field = proxy_queries.task(study.space, study.trained_on, epochs).field
    axis = field.with_unit(f"True {field.said}, {epochs} epochs")
    return Card(
        key,
        title,
        f"{axis} of the most accurate {words.one} so far. The best {words.one} of the space reaches "
        f"{readable(best, field.unit)}. Random search over the whole space: the median and the quartiles of the "
        f"best of as many random {words.many}, "
        "exact, from the table of true accuracies.",
        _curve(found, "best_accuracy", axis, words, band),
        found[[name for name in ("architectures", "number", "index", "best_accuracy", "regret") if name in found]],
    )


def _no_accuracy(study: Compared) -> str:
    return f"No true accuracy: this study {study.no_regret}."


def hypervolume(study: Compared) -> Card:
    """The hypervolume of the front, beside random search where the objectives of the whole space are known."""
    key, title, words = "hypervolume_chart", "Hypervolume", queries.words_of(study.summary)
    if study.no_volume:
        return Card.missing(key, title, f"No hypervolume: this study {study.no_volume}.")
    volume = compare_queries.hypervolumes([study], ranked=True)[study.name]
    space = compare_queries.space_of([study])
    random = None
    if space.values is not None:
        random = compare_queries.random_hypervolumes([study], int(volume["architectures"].max()), ranked=True)
    return Card(
        key,
        title,
        _volume_words(len(study.objectives), space, words),
        _curve(volume, "hypervolume", "Hypervolume (share of the box)", words, random),
        volume[["architectures", "number", "hypervolume"]],
    )


def _volume_words(objectives: int, space: Space, words: Words) -> str:
    among = f"the {words.many} found so far"
    if space.values is not None:
        among = f"the {len(space.values):,} {words.many} that it allows"
    said = (
        f"Of the ranks of {objectives} objective{'' if objectives == 1 else 's'} among {among}, as a proxy's value "
        f"says which {words.one} is better and not by how much."
    )
    if objectives > EXACT_OBJECTIVES:
        said += " Approximated, as the exact volume takes minutes."
    if space.values is None:
        return f"{said} No band of random search: {space.why_not}."
    return (
        f"{said} Random search: the median and the quartiles of {searches(objectives)} simulated on these {words.many}."
    )


def _curve(found: pd.DataFrame, column: str, title: str, words: Words, random: pd.DataFrame | None) -> go.Figure:
    band = median_band([pd.Series(found[column].to_numpy(), index=found["architectures"])])
    baseline = Curve("random search", random, 2) if random is not None else None
    return search_curves([Curve("this study", band, 1)], f"Distinct {words.many} scored", title, baseline=baseline)


def pareto(
    summary: StudySummary,
    frame: pd.DataFrame,
    axes: Axes,
    quantities: Sequence[str],
    color: str | None,
    *,
    selected: int | None = None,
    log: Sequence[str] = (),
) -> Card:
    """Two or three quantities against each other, with their front.

    Args:
        summary: of the study.
        frame: its trials.
        axes: what charts can show.
        quantities: two, or three for a space to turn.
        color: the quantity that colours the markers.
        selected: number of the trial to ring.
        log: quantities on a logarithmic scale.
    """
    draw: Any = pareto_space if len(quantities) > 2 else pareto_scatter
    needed = _needed(frame, *quantities, *([color] if color else []))
    figure = draw(
        needed,
        *quantities,
        directions=axes.directions,
        bounds=axes.bounds,
        color=color,
        selected=selected,
        log=log,
        words=queries.words_of(summary),
    )
    against = " against ".join(label(column) for column in reversed(quantities))
    words = f"{against}, with the Pareto front.{infinite_words(needed, quantities)}"
    return Card("pareto_chart", "Pareto front", words, figure, needed)


def parallel(
    summary: StudySummary, frame: pd.DataFrame, quantities: Sequence[str], color: str, *, ranked: bool
) -> Card:
    """Every completed trial across its parameters and quantities.

    Args:
        summary: of the study.
        frame: its trials.
        quantities: columns of numbers, the axes beside the parameters.
        color: the quantity that colours the lines.
        ranked: whether quantities are placed by rank.
    """
    shown, parameters = frame[frame["state"] == "complete"], queries.parameters_of(summary)
    settings = settings_of(shown, parameters)
    return Card(
        "parallel_chart",
        "Parallel coordinates",
        f"{len(shown):,} trials across {len(settings)} settings and {len(quantities)} quantities"
        f"{', by rank' if ranked else ''}.",
        parallel_coordinates(shown, settings, quantities, color, ranked=ranked, parameters=parameters),
        shown[["number", *settings, *dict.fromkeys([*quantities, color])]],
    )


def importances(summary: StudySummary, axes: Axes, column: str) -> Card:
    """How much each parameter matters for a quantity; of an objective, for all objectives side by side."""
    key, title, help_words = (
        "importance_chart",
        "Importance",
        (
            "PED-ANOVA: how much the settings of the best tenth of the trials differ from those of all. Shares of the "
            "whole; they say which setting matters, not which value is good."
        ),
    )
    columns = dict.fromkeys([column, *(axes.objectives if column in axes.objectives else ())])
    try:
        shares = pd.DataFrame({name: queries.importances(summary, name, axes.direction(name)) for name in columns})
    except UserError as error:
        return Card.missing(key, title, str(error), help=help_words)
    shares = shares.fillna(0.0)
    ways = ", ".join(f"{label(name)} ({axes.direction(name)})" for name in columns)
    return Card(
        key,
        title,
        f"For {ways}, by Optuna's PED-ANOVA on the completed trials.",
        importance_bars(shares.rename(columns=label), queries.parameters_of(summary), queries.words_of(summary)),
        shares.rename_axis("setting").reset_index(),
        help=help_words,
    )


def option_means(summary: StudySummary, frame: pd.DataFrame, column: str) -> Card:
    """The mean of a quantity for each option of each parameter.

    Args:
        summary: of the study.
        frame: its trials.
        column: the quantity.
    """
    words, parameters = queries.words_of(summary), queries.parameters_of(summary)
    title = f"{words.option}s".capitalize()
    help_words = (
        f"Of the distinct {words.many} that have this {words.option} on this {words.parameter}. A search visits some "
        f"far more often than others: mind the number of {words.many} below each mean."
    )
    if not parameters:
        return Card.missing("means_chart", title, queries.lacking(summary, Parameters), help=help_words)
    means = choice_means(frame, column, parameters)
    if means.empty:
        why = f"No {words.one} has a finite value of {label(column)}."
        return Card.missing("means_chart", title, why, help=help_words)
    return Card(
        "means_chart",
        title,
        f"Mean of {label(column)} over the distinct {words.many} with that {words.option} on that {words.parameter}, "
        "and their number.",
        option_tiles(means, column, parameters, words),
        means,
        help=help_words,
    )


def best_architecture(summary: StudySummary, frame: pd.DataFrame, axes: Axes, column: str) -> Card:
    """The drawing of the best architecture by a quantity."""
    words = queries.words_of(summary)
    title = f"Best {words.one} by {label(column)}"
    known = frame[(frame["state"] == "complete") & frame[column].notna()]
    if known.empty or "architecture" not in known:
        return Card.missing("best_chart", title, queries.lacking(summary, Drawable) or "No trial has a value.")
    values = known[column].to_numpy()
    row = known.iloc[int(values.argmin() if axes.direction(column) == "minimize" else values.argmax())]
    said = f"Trial {row['number']}: {label(column)} {readable(float(row[column]))}. {row['arch']}"
    drawable = capability(summary.space, Drawable) if summary.space else None
    if summary.space is None or drawable is None:
        return Card.missing("best_chart", title, f"{said} {queries.lacking(summary, Drawable)}".strip())
    architecture = summary.space.parse(str(row["architecture"]))
    name = summary.space.named(summary.space.label(architecture))
    said = f"{name[0].upper()}{name[1:]}. {said}"
    return Card("best_chart", title, said, architecture_graph(drawable.drawing(architecture)))


def ensemble(fitted: StudyEnsemble) -> Card:
    """What each proxy contributes to the study's ensemble."""
    weights, logarithms = fitted.ensemble.weights or {}, fitted.ensemble.recipe.logarithms
    field = field_of(fitted.ensemble.recipe.space, fitted.target)
    worth = "percentage points" if field.unit == "%" else field.label
    rows = [(f"log {name}" if name in logarithms else name, weight) for name, weight in weights.items()]
    return Card(
        "ensemble_chart",
        "Ensemble",
        f"Weights of the ensemble, in {worth} a standard deviation of the proxy; the table ends with the intercept"
        f"{f' in {field.unit}' if field.unit else ''}.",
        ensemble_weights(weights, logarithms, field=field),
        pd.DataFrame([*rows, ("intercept", fitted.ensemble.intercept)], columns=["proxy", "weight"]),
    )


def seconds(summary: StudySummary, frame: pd.DataFrame) -> Card:
    """How long each trial took."""
    titled = capability(summary.space, Parameters) if summary.space else None
    columns = [*_IDENTITY, *(titled.sizes if titled else ()), "seconds", "finished"]
    known = frame[[column for column in columns if column in frame]].dropna(subset="seconds")
    if known.empty:
        return Card.missing("seconds_chart", "Time", "No trial has recorded how long it took.")
    return Card("seconds_chart", "Time", "Seconds that each trial took", scoring_seconds(known), known)


def _needed(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return frame[[name for name in dict.fromkeys([*_IDENTITY, *columns]) if name in frame]]
