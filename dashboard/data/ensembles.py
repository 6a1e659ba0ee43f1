"""What the page "Ensemble" reads: a fit, how good it is in-sample, held out and on other data sets, cached."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pandas as pd
import streamlit as st

from backend.analysis.scores import labelled as first_trials
from backend.datasets.info import DATASETS
from backend.ensembles.evaluation import Figures, figures, importances
from backend.ensembles.fitting import ACCURACY, Recipe
from backend.ensembles.kept import SavedEnsemble
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import home_scores, target_scores, transferred
from backend.errors import UserError
from backend.spaces.truth_tasks import ACCURACY as TRUE_ACCURACY
from backend.studies.trials import json_numbers
from dashboard.data import proxies as proxy_queries
from dashboard.data import queries
from dashboard.data.proxies import Key, Source

SEEN, LEFT_OUT, UNSEEN = "fitted cells", "the study", "unseen cells"
"""Where figures were taken, as the command line names it."""
_OF_TABLE = "score table "


@dataclass(frozen=True)
class Plan:
    """What is fitted on which architectures.

    Attributes:
        recipe: model, proxies and graph features.
        epochs: training length of the accuracies; None where none is known, so that no label enters.
        labels: number of architectures of a table that count as trained; of a study all are, and this is 0.
        choose: how those of a table are drawn.
        field: name of the field that is predicted.
    """

    recipe: Recipe
    epochs: int | None
    labels: int = 0
    choose: str = "random"
    field: str = TRUE_ACCURACY.name

    @property
    def target(self) -> str:
        """Column of the accuracy; "" without one."""
        return f"{self.epochs}:{self.field}" if self.epochs else ""


@dataclass(frozen=True, eq=False)
class Transfer:
    """An ensemble's prediction on another data set.

    Attributes:
        predicted: columns predicted and accuracy (%) there, by label.
        words: which scores it was made from.
        matched: whether these were brought to the scale of the fit.
        found: its figures.
        held_out: whether it is of the fitted architectures, each predicted by fits that have not seen it.
    """

    predicted: pd.DataFrame
    words: str
    matched: bool
    found: Figures
    held_out: bool = False


def labelled(source: Source, plan: Plan) -> pd.DataFrame:
    """The architectures of a study that have all proxies and, where it is known, the accuracy.

    As ``StudyEnsemble.of_cells`` takes them; NaN is the accuracy of a space without truth.
    """
    rows = source.scores[list(plan.recipe.proxies)].dropna().assign(**{ACCURACY: float("nan")})
    if plan.epochs:
        rows[ACCURACY] = _accuracy(source, plan)
        rows = rows.dropna()
    rows.insert(0, "arch", [source.space.at(label).key for label in rows.index])
    if source.trials is not None:
        first = first_trials(source.trials, source.space)
        rows.insert(0, "number", first["number"].reindex(rows.index).astype(int))
    return rows


def fit(source: Source, plan: Plan) -> StudyEnsemble:
    """The ensemble.

    Raises:
        UserError: too few architectures.
    """
    return _fit(source.key, plan, source)


def predictions(source: Source, plan: Plan) -> pd.DataFrame:
    """What it says of the labelled architectures, as ``StudyEnsemble.predictions``: up to half a minute with trees.

    Raises:
        UserError: too few architectures for cross-validation.
    """
    return fit(source, plan).predictions


def weights(source: Source, plan: Plan) -> pd.DataFrame:
    """The weights with intervals; empty for models that have none."""
    return _weights(source.key, plan, source)


def worth(source: Source, plan: Plan) -> pd.Series:
    """What each proxy is worth to the model: Spearman lost on its labels when the proxy is shuffled."""
    found: pd.Series = _worth(source.key, plan, source)
    return found


def in_space(place: str, source: Source) -> str:
    """What pages call a place where figures were taken."""
    many = source.space.words.many
    return {SEEN: f"fitted {many}", UNSEEN: f"unseen {many}"}.get(place, place)


def home(source: Source, plan: Plan) -> pd.DataFrame:
    """Scores of the whole space on the data set of the fit.

    Raises:
        UserError: there are none with all the proxies.
    """
    table = source.scores if source.kind == "table" else None
    return home_scores(source.dataset, plan.recipe.proxies, source.space, table)


def unseen(source: Source, plan: Plan) -> pd.DataFrame:
    """Prediction and truth of the architectures of the space that are isomorphic to no labelled one.

    Raises:
        UserError: there are no scores of them.
    """
    return _unseen(source.key, plan, source)


def all_figures(source: Source, plan: Plan) -> dict[str, Figures]:
    """The figures by where they were taken; what there is not is left out, and all of them without truth."""
    fitted = fit(source, plan)
    if not plan.epochs:
        return {}
    found = {} if plan.recipe.label_free else {SEEN: fitted.seen}
    try:
        found[LEFT_OUT] = fitted.within
    except UserError:
        found.pop(SEEN, None)
    with suppress(UserError):
        found[UNSEEN] = _unseen_figures(source.key, plan, source)
    return found


def transfer(source: Source, plan: Plan, dataset: str, study: str | None) -> Transfer:
    """The ensemble on another data set.

    Args:
        source: what it is fitted on.
        plan: what is fitted.
        dataset: to predict for.
        study: whose scores are taken; None takes those that there are.

    Raises:
        UserError: there are no scores.
    """
    if study is None:
        return _transfer(source.key, plan, dataset, None, source, None)
    other = proxy_queries.open_study(queries.find_study(study))
    return _transfer(source.key, plan, dataset, other.key, source, other.trials)


def everywhere(source: Source, plan: Plan) -> pd.Series:
    """What is predicted of each architecture that has the scores: the whole space where there are any of it.

    The labelled ones are predicted by fits that have not seen them.
    """
    known: pd.Series = predictions(source, plan)["left_out"].rename("predicted")
    with suppress(UserError):
        known = pd.concat([known, unseen(source, plan)["predicted"]])
    return known


def to_save(source: Source, plan: Plan, name: str) -> SavedEnsemble:
    """The ensemble with its figures, to be kept or exported."""
    fitted = fit(source, plan)
    found = {place: numbers for place, numbers in all_figures(source, plan).items() if place != SEEN}
    return SavedEnsemble(
        name=name,
        study=source.name if source.kind == "study" else f"{_OF_TABLE}{source.name}",
        dataset=source.dataset,
        target=plan.target,
        created=datetime.now(UTC),
        figures={place: json_numbers(numbers) for place, numbers in found.items()},
        ensemble=fitted.ensemble,
        scores=source.origin if source.kind == "table" else _images(source),
    )


def source_of(saved: SavedEnsemble) -> tuple[Literal["table", "study"], str] | None:
    """The table or the study that an ensemble was fitted on, as the page's link names it; None where it is not here."""
    if saved.study in (item.name for item in queries.studies()):
        return "study", saved.study
    table = saved.study.removeprefix(_OF_TABLE)
    return ("table", table) if table in (file.name for file in proxy_queries.tables()) else None


def studies_on(space: str, dataset: str, besides: str) -> list[str]:
    """Names of the studies of the space on a data set that have trials, but for one."""
    return [
        item.name
        for item in queries.studies()
        if item.config
        and item.space_name == space
        and item.config.trained_on == dataset
        and item.trials
        and item.name != besides
    ]


def _images(source: Source) -> str:
    summary = queries.find_study(source.name)
    return (summary.run.images or "") if summary.run else ""


def _accuracy(source: Source, plan: Plan, dataset: str = "") -> pd.Series:
    """True accuracies of a plan that has them."""
    if plan.epochs is None:
        raise UserError(f"true accuracy: {source.no_labels}")
    return proxy_queries.accuracy(source.space, dataset or source.trained_on, plan.epochs)


@st.cache_resource(show_spinner=False, max_entries=40)
def _fit(key: Key, plan: Plan, _source: Source) -> StudyEnsemble:
    del key
    if _source.kind == "study":
        return StudyEnsemble.of_cells(labelled(_source, plan), plan.recipe, plan.target)
    accuracy = _accuracy(_source, plan)
    return StudyEnsemble.of_space(_source.scores, accuracy, plan.recipe, plan.target, plan.labels, plan.choose)


@st.cache_data(show_spinner=False, max_entries=40)
def _weights(key: Key, plan: Plan, _source: Source) -> pd.DataFrame:
    return _fit(key, plan, _source).ensemble.weight_intervals()


@st.cache_data(show_spinner=False, max_entries=40)
def _worth(key: Key, plan: Plan, _source: Source) -> pd.Series:
    fitted = _fit(key, plan, _source)
    return importances(fitted.ensemble, fitted.labelled, fitted.labelled[ACCURACY])


@st.cache_data(show_spinner=False, max_entries=40)
def _unseen(key: Key, plan: Plan, _source: Source) -> pd.DataFrame:
    accuracy = _accuracy(_source, plan)
    return _fit(key, plan, _source).unseen(home(_source, plan), accuracy)


@st.cache_data(show_spinner=False, max_entries=40)
def _unseen_figures(key: Key, plan: Plan, _source: Source) -> Figures:
    known = _unseen(key, plan, _source)
    return figures(known["predicted"], known[ACCURACY])


@st.cache_data(show_spinner=False, max_entries=40)
def _transfer(
    key: Key, plan: Plan, dataset: str, study: Key | None, _source: Source, _trials: pd.DataFrame | None
) -> Transfer:
    del study
    try:
        own = home(_source, plan)
    except UserError:
        own = None
    # A task that is no data set has no images of its own: its scores are those of the fit.
    images = dataset if dataset in DATASETS else _source.dataset
    if own is None and _trials is None and dataset not in DATASETS:
        known = predictions(_source, plan)["left_out"]
        held_out = pd.DataFrame({"predicted": known, ACCURACY: _accuracy(_source, plan, dataset).reindex(known.index)})
        found = figures(held_out["predicted"], held_out[ACCURACY])
        return Transfer(held_out, f"the study's own scores on {images}", matched=False, found=found, held_out=True)
    there = target_scores(plan.recipe.proxies, images, _source.dataset, own, _source.space, _trials)
    predicted = transferred(_fit(key, plan, _source), there, _accuracy(_source, plan, dataset), own)
    found = figures(predicted["predicted"], predicted[ACCURACY])
    return Transfer(predicted, there.words, there.matched and own is not None, found)
