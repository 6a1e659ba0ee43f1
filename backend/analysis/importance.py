"""How much the parameters of a study matter, and what each choice gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import numpy as np
import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, create_trial

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS

_FEWEST = 10


def parameter_importances(
    trials: Iterable[FrozenTrial], values: Mapping[int, float], direction: Literal["maximize", "minimize"]
) -> pd.Series[float]:
    """Importances by PED-ANOVA: how the best tenth of the trials differ from all in each parameter.

    Args:
        trials: of the study.
        values: of the quantity, by number of the trial; others do not count.
        direction: which way it is better.

    Returns:
        Shares of the whole by parameter, the most important first; parameters with a single value are left out.

    Raises:
        UserError: too few trials, or no parameter that varies.
    """
    counted = [trial for trial in trials if trial.number in values]
    if len(counted) < _FEWEST:
        raise UserError(
            f"importance: needs {_FEWEST} completed trials with this quantity, there are {len(counted)} yet"
        )
    shared = set.intersection(*(set(trial.params) for trial in counted))
    varied = {name for name in shared if len({repr(trial.params[name]) for trial in counted}) > 1}
    if not varied:
        raise UserError("importance: no parameter that all trials have takes more than one value")
    study = optuna.create_study(direction=direction)
    study.add_trials(
        [
            create_trial(
                value=values[trial.number],
                params={name: value for name, value in trial.params.items() if name in varied},
                distributions={name: kind for name, kind in trial.distributions.items() if name in varied},
            )
            for trial in counted
        ]
    )
    shares = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    return pd.Series(shares, dtype=float).sort_values(ascending=False)


_COLUMNS: Final = {f"op_{target}_{source}": f"{source} → {target}" for source, target in EDGES}


def operation_means(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means of a quantity by edge and operation.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        column: the quantity.

    Returns:
        edge ("0 → 1"), operation, mean, spread (standard deviation) and cells (their number), a row each that occurs;
        no rows for trials that name no cells, or have no finite value.
    """
    if not {"arch", column, *_COLUMNS} <= set(frame.columns):
        return pd.DataFrame({"edge": [], "operation": [], "mean": [], "spread": [], "cells": []})
    wanted = dict.fromkeys(["arch", "C", "N", *_COLUMNS, column])
    cells = frame.loc[(frame["state"] == "complete") & (frame[column].abs() < np.inf), list(wanted)]
    cells = cells.drop_duplicates(["arch", "C", "N"])
    tables = []
    for name, edge in _COLUMNS.items():
        means = cells.groupby(name)[column].agg(["mean", "std", "count"]).reindex(OPERATIONS).dropna(subset="mean")
        means.columns = pd.Index(["mean", "spread", "cells"])
        tables.append(means.rename_axis("operation").reset_index().assign(edge=edge))
    return pd.concat(tables, ignore_index=True)[["edge", "operation", "mean", "spread", "cells"]]
