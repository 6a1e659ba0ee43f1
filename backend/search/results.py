"""The files that a run leaves in its folder, and the table and weights that it prints."""

import json
from pathlib import Path
from typing import Any

import optuna
import pandas as pd

from backend.analysis.scores import study_scores
from backend.config.model import SearchConfig
from backend.ensembles.fitting import Recipe
from backend.ensembles.recommendation import LENGTH, recommend, rule_proxies, rule_words
from backend.ensembles.study import StudyEnsemble
from backend.errors import StorageError, UserError
from backend.json_records import json_records
from backend.spaces.capabilities import HasTruth, capability
from backend.studies.trials import best_table, best_trials, trials_frame

LOG, BEST, RECOMMENDATION = "log.json", "best.json", "recommendation.json"
ENSEMBLE, PREDICTIONS = "zc_ensemble.json", "zc_with_predictive_and_true.json"


def study_ensemble(frame: pd.DataFrame, config: SearchConfig, recipe: Recipe | None = None) -> StudyEnsemble:
    """An ensemble of a study's proxies for the true test accuracy that the configuration names.

    Args:
        frame: the study's trials.
        config: the study's configuration.
        recipe: how; by default the mission's linear regression on all proxies.

    Raises:
        UserError: too few architectures with known accuracy.
    """
    recipe = recipe or Recipe("linear", tuple(config.proxy_names), space_name=config.space.name)
    return StudyEnsemble.fit(frame, recipe, target_of(config))


def study_recommendation(frame: pd.DataFrame, config: SearchConfig, count: int = LENGTH) -> pd.DataFrame:
    """The architectures of a study to train, by a rule that knows no accuracy; ``recommendation_rule`` says which.

    Args:
        frame: the study's trials.
        config: the study's configuration.
        count: how many architectures at most.

    Returns:
        As ``backend.ensembles.recommendation.recommend``; no rows where no architecture of the benchmark has all the
        scores that the rule adds up.
    """
    space = config.space
    scores = study_scores(frame, space)
    needed = [name for name in rule_proxies(map(str, scores), space, config.dataset) if name in scores]
    if scores.empty or scores[needed].dropna().empty:
        return pd.DataFrame(columns=["accuracy", "hours", "total_hours", "best", "score"])
    return recommend(scores, space, config.dataset, count, config.runner.nasbench_epochs, config.trained_on)


def recommendation_rule(frame: pd.DataFrame, config: SearchConfig) -> str:
    """The rule of :func:`study_recommendation` in words, for the proxies that a study records."""
    space = config.space
    names = rule_proxies(map(str, study_scores(frame, space)), space, config.dataset)
    return rule_words(names, space, config.ensemble_objectives)


def recommendation_record(frame: pd.DataFrame, config: SearchConfig, count: int = LENGTH) -> dict[str, Any]:
    """The recommendation as JSON holds it: the rule and the shortlist."""
    listed = study_recommendation(frame, config, count).rename_axis("index").reset_index()
    return {"rule": recommendation_rule(frame, config), "shortlist": json_records(listed)}


def target_of(config: SearchConfig) -> str:
    """Column of the true test accuracy that stands in the study's tables."""
    truth, epochs = capability(config.space, HasTruth), config.runner.nasbench_epochs
    if truth and config.trained_on in truth.datasets:
        return truth.task(config.trained_on, epochs).column
    return f"{epochs}:test-accuracy"


def write_results(study: optuna.Study, config: SearchConfig, folder: Path) -> None:
    """Write log.json, best.json, recommendation.json, zc_ensemble.json and zc_with_predictive_and_true.json.

    With too few architectures for a fit the last two say so instead of holding one.

    Raises:
        StorageError: a file cannot be written.
    """
    frame = trials_frame(study)
    best = best_table(best_trials(study), config.runner.nasbench_epochs)
    _write(folder / LOG, json_records(frame))
    _write(folder / BEST, json_records(best))
    _write(folder / RECOMMENDATION, recommendation_record(frame, config))
    try:
        ensemble = study_ensemble(frame, config)
        description = ensemble.to_json()
    except UserError as error:
        _write(folder / ENSEMBLE, {"not_fitted": str(error)})
        _write(folder / PREDICTIONS, {"not_fitted": str(error)})
        return
    _write(folder / ENSEMBLE, description)
    _write(folder / PREDICTIONS, json_records(ensemble.ranking()))


def _write(path: Path, content: Any) -> None:
    """Write whole or not at all."""
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"storage: cannot write {path}: {error.strerror}") from None
