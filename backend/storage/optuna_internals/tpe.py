"""Optuna's TPE, which remembers what it has read of trials that have ended: it reads all of them for each proposal."""

from __future__ import annotations

from typing import Any

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import TPESampler
from optuna.trial import FrozenTrial


class RememberingTPESampler(TPESampler):
    """TPE for one study; what it proposes is what Optuna's does."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._remembered_space: dict[str, BaseDistribution] = {}
        self._remembered: dict[int, tuple[float, ...] | None] = {}

    def _get_internal_repr(
        self, trials: list[FrozenTrial], search_space: dict[str, BaseDistribution], study: Study
    ) -> dict[str, np.ndarray[Any, Any]]:
        """The parameters of the trials that have all of the space, as numbers: an array for each, in order."""
        if search_space != self._remembered_space:
            self._remembered_space, self._remembered = dict(search_space), {}
        rows = []
        for trial in trials:
            if trial.number in self._remembered:
                row = self._remembered[trial.number]
            else:
                row = self._row(trial, search_space, study)
                if trial.state.is_finished():
                    self._remembered[trial.number] = row
            if row is not None:
                rows.append(row)
        columns = np.array(rows, dtype=float).reshape(len(rows), len(search_space)).T
        return {name: np.ascontiguousarray(column) for name, column in zip(search_space, columns, strict=True)}

    def _row(
        self, trial: FrozenTrial, search_space: dict[str, BaseDistribution], study: Study
    ) -> tuple[float, ...] | None:
        params = self._get_params(trial, study)
        if not search_space.keys() <= params.keys():
            return None
        return tuple(kind.to_internal_repr(params[name]) for name, kind in search_space.items())
