"""What the page "Ensemble" reads: a fit, what it is worth within, beyond and on other data sets, cached."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import pandas as pd
import streamlit as st

from backend.analysis.scores import labelled as first_trials
from backend.ensembles.evaluation import Figures, figures, importances
from backend.ensembles.fitting import ACCURACY, Recipe
from backend.ensembles.kept import SavedEnsemble
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import home_scores, target_scores, transferred
from backend.errors import UserError
from backend.studies.trials import json_numbers
from dashboard.data import proxies as proxy_queries
from dashboard.data import queries
from dashboard.data.proxies import Key, Source

SEEN, LEFT_OUT, UNSEEN = "fitted cells", "the study", "unseen cells"
"""Where figures were taken, as the command line names it."""
_OF_TABLE = "score table "


@dataclass(frozen=True)
class Plan:
    """What is fitted on which cells.

    Attributes:
        recipe: model, proxies and graph features.
        epochs: training length of the accuracies.
        labels: number of cells of a table that count as trained; of a study all are, and this is 0.
        choose: how those of a table are drawn.
    """

    recipe: Recipe
    epochs: int
    labels: int = 0
    choose: str = "random"

    @property
    def target(self) -> str:
        """Column of the accuracy."""
        return f"{self.epochs}:test-accuracy"


@dataclass(frozen=True, eq=False)
class Transfer:
    """An ensemble's prediction on another data set.

    Attributes:
        cells: predicted and accuracy (%) there, by official index.
        words: which scores it was made from.
        matched: whether these were brought to the scale of the fit.
        found: its figures.
    """

    cells: pd.DataFrame
    words: str
    matched: bool
    found: Figures


def labelled(source: Source, plan: Plan) -> pd.DataFrame:
    """The cells of a study that have all proxies and the accuracy, as ``StudyEnsemble.of_cells`` takes them."""
    names = list(plan.recipe.proxies)
    accuracy = proxy_queries.accuracy(source.dataset, plan.epochs)
    cells = source.scores[names].dropna().assign(**{ACCURACY: accuracy}).dropna()
    cells.insert(0, "arch", [source.space.at(label).key for label in cells.index])
    if source.trials is not None:
        first = first_trials(source.trials, source.space)
        cells.insert(0, "number", first["number"].reindex(cells.index).astype(int))
    return cells


def fit(source: Source, plan: Plan) -> StudyEnsemble:
    """The ensemble.

    Raises:
        UserError: too few cells.
    """
    return _fit(source.key, plan, source)


def predictions(source: Source, plan: Plan) -> pd.DataFrame:
    """What it says of the labelled cells, as ``StudyEnsemble.predictions``: up to half a minute with trees.

    Raises:
        UserError: too few cells for cross-validation.
    """
    return fit(source, plan).predictions


def weights(source: Source, plan: Plan) -> pd.DataFrame:
    """The weights with intervals; empty for models that have none."""
    return _weights(source.key, plan, source)


def worth(source: Source, plan: Plan) -> pd.Series:
    """What each proxy is worth to the model: Spearman lost on its labelled cells when the proxy is shuffled."""
    found: pd.Series = _worth(source.key, plan, source)
    return found


def home(source: Source, plan: Plan) -> pd.DataFrame:
    """Scores of the whole space on the data set of the fit.

    Raises:
        UserError: there are none with all the proxies.
    """
    table = source.scores if source.kind == "table" else None
    return home_scores(source.dataset, plan.recipe.proxies, source.space, table)


def unseen(source: Source, plan: Plan) -> pd.DataFrame:
    """Prediction and truth of the cells of the space that are no twins of labelled ones.

    Raises:
        UserError: there are no scores of them.
    """
    return _unseen(source.key, plan, source)


def all_figures(source: Source, plan: Plan) -> dict[str, Figures]:
    """The figures by where they were taken; what there is not is left out."""
    fitted = fit(source, plan)
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
    """What is predicted of each cell that has the scores: the whole space where there are any of it.

    The cells of the fit are predicted by fits that have not seen them.
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


def studies_on(dataset: str, besides: str) -> list[str]:
    """Names of the studies on a data set that have scored cells, but for one."""
    return [
        item.name
        for item in queries.studies()
        if item.config and item.config.dataset == dataset and item.trials and item.name != besides
    ]


def _images(source: Source) -> str:
    summary = queries.find_study(source.name)
    return (summary.run.images or "") if summary.run else ""


@st.cache_resource(show_spinner=False, max_entries=40)
def _fit(key: Key, plan: Plan, _source: Source) -> StudyEnsemble:
    del key
    if _source.kind == "study":
        return StudyEnsemble.of_cells(labelled(_source, plan), plan.recipe, plan.target)
    accuracy = proxy_queries.accuracy(_source.dataset, plan.epochs)
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
    accuracy = proxy_queries.accuracy(_source.dataset, plan.epochs)
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
    there = target_scores(plan.recipe.proxies, dataset, _source.dataset, own, _source.space, _trials)
    cells = transferred(_fit(key, plan, _source), there, proxy_queries.accuracy(dataset, plan.epochs), own)
    return Transfer(cells, there.words, there.matched and own is not None, figures(cells["predicted"], cells[ACCURACY]))
