"""The ensembles of one study: fitted on its labelled cells, judged within it and beyond."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from backend.analysis.ensembles.evaluation import Figures, cross_validated, figures, unseen_figures
from backend.analysis.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.errors import UserError

IDENTITY = ("number", "arch")


@dataclass(frozen=True)
class StudyEnsemble:
    """An ensemble fitted on a study's cells.

    Attributes:
        ensemble: the fit.
        target: the column that was fitted, such as ``200:test-accuracy`` (%).
        labelled: the study's labelled cells, as :func:`labelled_cells` gives them; a label-free ensemble is judged by
            their accuracies, but has not seen them.
    """

    ensemble: Ensemble
    target: str
    labelled: pd.DataFrame

    @classmethod
    def fit(cls, trials: pd.DataFrame, recipe: Recipe, target: str) -> StudyEnsemble:
        """Fit on the distinct cells of a study whose proxies and accuracy are known.

        Args:
            trials: as ``backend.studies.trials_frame`` gives them.
            recipe: how.
            target: column to fit, ``<epochs>:test-accuracy``.

        Raises:
            UserError: too few cells, or a proxy that the study has not recorded.
        """
        done = bool((trials["state"] == "complete").any())
        if done and (missing := [name for name in recipe.proxies if name not in trials]):
            raise UserError(f"ensemble: {', '.join(missing)}: not recorded in this study")
        cells = labelled_cells(trials, recipe.proxies, target)
        return cls(Ensemble(recipe, cells), target, cells)

    @cached_property
    def within(self) -> Figures:
        """Figures inside the study: cross-validated ones, or of a label-free ensemble those on its labelled cells.

        Raises:
            UserError: too few cells for cross-validation.
        """
        if self.ensemble.recipe.label_free:
            return figures(self.ensemble.predict(self.labelled), self.labelled[ACCURACY])
        return cross_validated(self.ensemble.recipe, self.labelled)

    def beyond(self, scores: pd.DataFrame, accuracy: pd.Series[float], resamples: int = 200) -> Figures:
        """Figures on all connected cells of the space that are no twins of the study's.

        The same recipe is fitted on the same cells by the scores given, so that fit and prediction are of one batch.

        Args:
            scores: of all cells, by official index.
            accuracy: true accuracy (%) of all cells, likewise.
            resamples: bootstrap resamples for the 95% intervals.

        Raises:
            UserError: the scores lack a proxy.
        """
        if missing := [name for name in self.ensemble.recipe.proxies if name not in scores]:
            raise UserError(f"the table of the whole space has no {', '.join(missing)}")
        cells = scores.loc[self.ensemble.cells.index].assign(**{ACCURACY: accuracy})
        return unseen_figures(Ensemble(self.ensemble.recipe, cells), scores, accuracy, resamples)

    @property
    def r2(self) -> float | None:
        """Share of the variance explained on the fitted cells themselves; None without labels."""
        if self.ensemble.recipe.label_free:
            return None
        truth = self.ensemble.cells[ACCURACY]
        missed = ((truth - self.ensemble.predict(self.ensemble.cells)) ** 2).sum()
        return float(1 - missed / ((truth - truth.mean()) ** 2).sum())

    def ranking(self) -> pd.DataFrame:
        """The labelled cells, best predicted first.

        Returns:
            Columns rank, number, arch, index, one a proxy, predicted (% or a sum of log ranks), true (%).
        """
        names = list(self.ensemble.recipe.proxies)
        cells = self.labelled.reset_index()[["number", "arch", "index", *names, ACCURACY]]
        cells.insert(len(cells.columns) - 1, "predicted", self.ensemble.predict(self.labelled).to_numpy())
        ranked = cells.sort_values("predicted", ascending=False, ignore_index=True).rename(columns={ACCURACY: "true"})
        ranked.insert(0, "rank", ranked.index + 1)
        return ranked

    def to_json(self) -> dict[str, Any]:
        """Weights, what they belong to, and how good the ensemble is, as JSON types."""
        recipe = self.ensemble.recipe
        return {
            "target": self.target,
            "model": recipe.model,
            "proxies": list(recipe.proxies),
            "graph": recipe.graph,
            "logarithms": recipe.logarithms,
            "weights": self.ensemble.weights,
            "intercept": self.ensemble.intercept,
            "cells": len(self.ensemble.cells),
            "r2_on_these_cells": _known(self.r2),
            "cross_validated": {name: _known(value) for name, value in self.within.items()},
        }


def labelled_cells(trials: pd.DataFrame, names: Sequence[str], target: str) -> pd.DataFrame:
    """The distinct cells of completed trials with every proxy and the target known.

    Args:
        trials: as ``backend.studies.trials_frame`` gives them.
        names: the proxies' columns.
        target: the accuracy's column.

    Returns:
        Indexed by official index: number, arch, the proxies, and `ACCURACY`.
    """
    columns = [*IDENTITY, "index", *names, target]
    if not set(columns) <= set(trials.columns):
        return pd.DataFrame(columns=[*IDENTITY, *names, ACCURACY], index=pd.Index([], name="index", dtype=int))
    complete = trials[trials["state"] == "complete"]
    known = complete.replace([np.inf, -np.inf], np.nan).dropna(subset=[*names, target]).drop_duplicates("index")
    return known[columns].rename(columns={target: ACCURACY}).astype({"index": int}).set_index("index")


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
