"""Saved ensembles as metrics of a search: found by name when it is made, and kept with the study.

The study holds all of an ensemble that its run needs, so that a change or deletion of the saved one later on changes
neither a run that goes on nor what its trials mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import optuna

from backend import proxies
from backend.config.model import SearchConfig
from backend.config.sections import ENSEMBLE_PREFIX
from backend.errors import ConfigError, UserError
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies.summaries import KEPT

if TYPE_CHECKING:
    from backend.ensembles.kept import SavedEnsemble

_GOALS = "search.strategy.metrics"


def find_ensembles(database: Database, config: SearchConfig) -> dict[str, SavedEnsemble]:
    """The saved ensembles that a configuration names, by metric.

    Args:
        database: where they are saved.
        config: of a new search.

    Raises:
        ConfigError: there is none of that name, it is of another data set, or needs a proxy that is not known here.
    """
    if not config.ensemble_metrics:
        return {}
    from backend.ensembles.kept import load_ensemble  # noqa: PLC0415  loads scikit-learn

    found, problems = {}, []
    for metric in config.ensemble_metrics:
        try:
            saved = load_ensemble(database, metric.removeprefix(ENSEMBLE_PREFIX))
            _check(saved, config.dataset)
        except UserError as error:
            problems.append((f"{_GOALS}.{metric}", str(error).removeprefix("ensemble: ")))
        else:
            found[metric] = saved
    if problems:
        raise ConfigError(problems)
    return found


def listing_proxies(config: SearchConfig, ensembles: Mapping[str, SavedEnsemble]) -> SearchConfig:
    """The configuration with the proxies of its ensembles among those that are recorded."""
    needed = [name for saved in ensembles.values() for name in saved.ensemble.recipe.proxies]
    return config.with_proxies(needed) if needed else config


def described(ensembles: Mapping[str, SavedEnsemble]) -> dict[str, Any]:
    """What the study keeps, as JSON types."""
    return {metric: saved.to_json() for metric, saved in ensembles.items()}


def kept_ensembles(database: Database, study: optuna.Study) -> dict[str, SavedEnsemble]:
    """The ensembles that a study was made with, by metric; fitted again, which gives the same.

    Args:
        database: where the study is.
        study: made by ProxyScope.

    Raises:
        UserError: what the study holds of them is not valid.
    """
    kept = database.storage.get_study_system_attrs(study_id_of(study)).get(KEPT, {})
    if not isinstance(kept, dict):
        raise UserError(f"study: {study.study_name!r}: the ensembles that it was made with are no table")
    if not kept:
        return {}
    from backend.ensembles.kept import SavedEnsemble  # noqa: PLC0415  loads scikit-learn

    return {metric: SavedEnsemble.from_json(content) for metric, content in kept.items()}


def fit_line(metric: str, saved: SavedEnsemble) -> str:
    """One line that says what an ensemble is made of."""
    from backend.ensembles.models import MODELS  # noqa: PLC0415  loads scikit-learn

    recipe = saved.ensemble.recipe
    names = _join([*recipe.proxies, *([f"the {recipe.space.words.one}'s graph"] if recipe.graph else [])])
    return (
        f"{metric}: {MODELS[recipe.model].title.lower()} of {names}, "
        f"{recipe.space.words.count(len(saved.ensemble.architectures))} of {saved.study}"
    )


def same_images(words: str, others: str) -> bool:
    """Whether two descriptions of scores are of one mini-batch: their first sentences say which."""
    first, second = (text.split(". ")[0].rstrip(".") for text in (words, others))
    return first == second


def _check(saved: SavedEnsemble, dataset: str) -> None:
    if saved.dataset != dataset:
        raise UserError(f"{saved.name!r} was fitted on {saved.dataset}, this search is of {dataset}; fit one there")
    if unknown := [name for name in saved.ensemble.recipe.proxies if name not in proxies.available()]:
        raise UserError(f"{saved.name!r} needs {_join(unknown)}, which is not known here; load it with --proxy-module")


def _join(names: Iterable[str]) -> str:
    return ", ".join(names)
