"""How much the parameters of a study matter, and what each choice gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import FrozenTrial, create_trial

from backend.errors import UserError
from backend.spaces.capabilities import Parameter
from backend.spaces.truth_tasks import Direction

_FEWEST = 10


def parameter_importances(
    trials: Iterable[FrozenTrial], values: Mapping[int, float], direction: Direction
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


def choice_means(frame: pd.DataFrame, column: str, parameters: Sequence[Parameter]) -> pd.DataFrame:
    """Means of a quantity by parameter and choice.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        column: the quantity.
        parameters: of the space, whose columns the frame has.

    Returns:
        edge (title of the parameter), operation (the choice), mean, spread (standard deviation) and architectures
        (how many), a row each that occurs; no rows for trials that name no architectures, or have no finite value.
    """
    names = [parameter.name for parameter in parameters]
    if not names or not {"architecture", column, *names} <= set(frame.columns):
        return pd.DataFrame({"edge": [], "operation": [], "mean": [], "spread": [], "cells": []})
    wanted = dict.fromkeys(["architecture", *names, column])
    scored = frame.loc[(frame["state"] == "complete") & (frame[column].abs() < np.inf), list(wanted)]
    scored = scored.drop_duplicates("architecture")
    tables = []
    for parameter in parameters:
        means = scored.groupby(parameter.name)[column].agg(["mean", "std", "count"])
        means = means.reindex(list(parameter.options)).dropna(subset="mean")
        means.columns = pd.Index(["mean", "spread", "cells"])
        tables.append(means.rename_axis("operation").reset_index().assign(edge=parameter.title))
    return pd.concat(tables, ignore_index=True)[["edge", "operation", "mean", "spread", "cells"]]
