"""Studies as Optuna's own charts read them: the study itself, its parameters, and a quantity by trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
import optuna
import pandas as pd
from optuna.trial import FrozenTrial

from backend.studies import StudySummary, has_intermediate_values, load_study
from dashboard.data import queries
from dashboard.data.cache import kept

_SCORED = ("complete", "infeasible")


def optuna_study(summary: StudySummary) -> optuna.Study:
    """The study, as Optuna reads it from the database.

    Raises:
        UserError: it was deleted meanwhile.
    """
    return load_study(queries.database(), summary.name)


def parameter_names(summary: StudySummary) -> list[str]:
    """The parameters that take more than one value, those of the most trials first.

    Those with choices of several values each, such as tuples, are left out: Optuna cannot draw them.
    """
    return kept(queries.revision_key(summary), "parameter names", (), lambda: _varied(queries.ended(summary)))


def _varied(trials: list[FrozenTrial]) -> list[str]:
    counts = Counter(name for trial in trials for name in trial.params)
    values: dict[str, set[str]] = {name: set() for name in counts}
    for trial in trials:
        for name, value in trial.params.items():
            values[name].add(repr(value))
    spread = {
        name for trial in trials for name, value in trial.params.items() if isinstance(value, list | tuple | dict)
    }
    return [name for name, _ in counts.most_common() if len(values[name]) > 1 and name not in spread]


def log_parameters(summary: StudySummary) -> frozenset[str]:
    """Columns of the parameters that were drawn on a logarithmic scale, in an external study."""
    if summary.run is not None:
        return frozenset()
    return kept(queries.revision_key(summary), "log parameters", (), lambda: _logarithmic(queries.ended(summary)))


def _logarithmic(trials: list[FrozenTrial]) -> frozenset[str]:
    kinds = {name: kind for trial in trials for name, kind in trial.distributions.items()}
    return frozenset(f"param:{name}" for name, kind in kinds.items() if getattr(kind, "log", False))


def scored_values(frame: pd.DataFrame, column: str) -> dict[int, float]:
    """A quantity by number of the trial, of those that have a finite value."""
    known = frame[frame["state"].isin(_SCORED) & np.isfinite(frame[column].to_numpy(dtype=float))]
    return dict(zip(known["number"].tolist(), known[column].tolist(), strict=True))


def scored_trials(summary: StudySummary, values: Mapping[int, float]) -> list[FrozenTrial]:
    """The trials that have a value, in their order."""
    return sorted((trial for trial in queries.ended(summary) if trial.number in values), key=lambda trial: trial.number)


def reports_values(summary: StudySummary) -> bool:
    """Whether trials of the study reported values before they ended."""
    return has_intermediate_values(queries.database(), summary.study_id)


def reporting_trials(summary: StudySummary) -> list[FrozenTrial]:
    """The trials that reported values before they ended."""
    return [trial for trial in optuna_study(summary).get_trials(deepcopy=False) if trial.intermediate_values]
