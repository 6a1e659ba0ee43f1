"""The files that a run leaves in its folder, and the table and weights that it prints."""

import json
from pathlib import Path
from typing import Any

import optuna
import pandas as pd

from backend.analysis.ensemble import Ensemble, fit_ensemble, labelled_cells
from backend.errors import StorageError, UserError
from backend.json_records import json_records
from backend.search.config import SearchConfig
from backend.studies.trials import best_table, best_trials, trials_frame

LOG, BEST = "log.json", "best.json"
ENSEMBLE, PREDICTIONS = "zc_ensemble.json", "zc_with_predictive_and_true.json"


def study_ensemble(frame: pd.DataFrame, config: SearchConfig) -> Ensemble:
    """The linear ensemble of a study's proxies on the true test accuracy that the configuration names.

    Raises:
        UserError: too few cells with known accuracy.
    """
    return fit_ensemble(frame, config.proxy_names, target_of(config))


def target_of(config: SearchConfig) -> str:
    """Column of the true test accuracy that stands in the study's tables."""
    return f"{config.runner.nasbench_epochs}:test-accuracy"


def rank_cells(frame: pd.DataFrame, ensemble: Ensemble) -> pd.DataFrame:
    """The fitted cells, best predicted first.

    Returns:
        Columns rank, number, arch, index, one a proxy, predicted (%), true (%).
    """
    proxies = list(ensemble.weights)
    cells = labelled_cells(frame, proxies, ensemble.target)
    ranked = cells[["number", "arch", "index", *proxies]].assign(
        predicted=ensemble.predict(cells), true=cells[ensemble.target]
    )
    ranked = ranked.sort_values("predicted", ascending=False, ignore_index=True)
    ranked.insert(0, "rank", ranked.index + 1)
    return ranked


def write_results(study: optuna.Study, config: SearchConfig, folder: Path) -> None:
    """Write log.json, best.json, zc_ensemble.json and zc_with_predictive_and_true.json.

    With too few cells for a fit the last two say so instead of holding one.

    Raises:
        StorageError: a file cannot be written.
    """
    frame = trials_frame(study)
    best = best_table(best_trials(study), config.runner.nasbench_epochs)
    _write(folder / LOG, json_records(frame))
    _write(folder / BEST, json_records(best))
    try:
        ensemble = study_ensemble(frame, config)
    except UserError as error:
        _write(folder / ENSEMBLE, {"not_fitted": str(error)})
        _write(folder / PREDICTIONS, {"not_fitted": str(error)})
        return
    _write(folder / ENSEMBLE, ensemble.to_json())
    _write(folder / PREDICTIONS, json_records(rank_cells(frame, ensemble)))


def _write(path: Path, content: Any) -> None:
    """Write whole or not at all."""
    partial = path.with_suffix(".partial")
    try:
        partial.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise StorageError(f"storage: cannot write {path}: {error.strerror}") from None
