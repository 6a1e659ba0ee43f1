"""Ensembles with the architectures that they were fitted on: judged on a study's own and on unseen ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from backend.analysis.scores import labelled, usable
from backend.ensembles.evaluation import (
    RANDOM,
    Figures,
    draw_cells,
    figures,
    left_out,
    unseen,
)
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.errors import UserError

IDENTITY = ("number", "arch")


@dataclass(frozen=True)
class StudyEnsemble:
    """An ensemble fitted on a study's architectures.

    Attributes:
        ensemble: the fit.
        target: the column that was fitted, such as ``200:test-accuracy`` (%).
        labelled: the study's labelled architectures, as :func:`labelled_cells` gives them; a label-free ensemble is
            judged by their accuracies, but has not seen them.
    """

    ensemble: Ensemble
    target: str
    labelled: pd.DataFrame

    @classmethod
    def fit(cls, trials: pd.DataFrame, recipe: Recipe, target: str) -> StudyEnsemble:
        """Fit on the distinct architectures of a study whose proxies and accuracy are known.

        Args:
            trials: as ``backend.studies.trials_frame`` gives them.
            recipe: how.
            target: column to fit, ``<epochs>:test-accuracy``.

        Raises:
            UserError: too few architectures, or a proxy that the study has not recorded.
        """
        done = bool((trials["state"] == "complete").any())
        if done and (missing := [name for name in recipe.proxies if name not in trials]):
            raise UserError(f"ensemble: {', '.join(missing)}: not recorded in this study")
        return cls.of_cells(labelled_cells(trials, recipe, target), recipe, target)

    @classmethod
    def of_cells(cls, architectures: pd.DataFrame, recipe: Recipe, target: str) -> StudyEnsemble:
        """Fit on labelled architectures.

        Args:
            architectures: by official index: arch, number where they are trials, the proxies, and `ACCURACY`.
            recipe: how.
            target: what the accuracies are, ``<epochs>:test-accuracy``.

        Raises:
            UserError: too few architectures.
        """
        return cls(Ensemble(recipe, architectures), target, architectures)

    @classmethod
    def of_space(
        cls,
        scores: pd.DataFrame,
        accuracy: pd.Series[float],
        recipe: Recipe,
        target: str,
        size: int,
        choose: str = RANDOM,
    ) -> StudyEnsemble:
        """Fit on architectures of the space, as if these had been trained and no others.

        Args:
            scores: of all architectures, by official index.
            accuracy: true accuracy (%) of all architectures, likewise.
            recipe: how; its seed draws the architectures too.
            target: what the accuracies are, ``<epochs>:test-accuracy``.
            size: number of labelled architectures, of different classes each.
            choose: how they are drawn, as ``draw_cells`` takes it.

        Raises:
            UserError: more architectures than there are, too few for the model, or the scores lack a proxy.
        """
        names = list(recipe.proxies)
        if missing := [name for name in names if name not in scores]:
            raise UserError(f"the table of the whole space has no {', '.join(missing)}")
        drawn = draw_cells(scores[names], size, recipe.seed, recipe.space, choose)
        architectures = scores.loc[drawn, names].assign(**{ACCURACY: accuracy.reindex(drawn)})
        architectures.insert(0, "arch", [recipe.space.at(label).key for label in drawn])
        return cls(
            Ensemble(recipe, architectures if not recipe.label_free else scores),
            target,
            architectures.rename_axis("index"),
        )

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """What is said of the labelled architectures.

        Returns:
            Indexed by official index: accuracy (%), fitted (by the fit that has seen them), and left_out (by fits that
            have not, as cross-validation makes them). Without labels both are the same, as none was seen.

        Raises:
            UserError: too few architectures for cross-validation.
        """
        fitted = self.ensemble.predict(self.labelled)
        apart = fitted if self.ensemble.recipe.label_free else left_out(self.ensemble.recipe, self.labelled)
        return pd.DataFrame({ACCURACY: self.labelled[ACCURACY], "fitted": fitted, "left_out": apart})

    @cached_property
    def seen(self) -> Figures:
        """Figures on the fitted architectures themselves: optimistic, and never to be shown without the others."""
        return figures(self.predictions["fitted"], self.predictions[ACCURACY])

    @cached_property
    def within(self) -> Figures:
        """Figures inside the study: cross-validated ones, or without labels those on its labelled architectures.

        Raises:
            UserError: too few architectures for cross-validation.
        """
        return figures(self.predictions["left_out"], self.predictions[ACCURACY])

    def beyond(self, scores: pd.DataFrame, accuracy: pd.Series[float], resamples: int = 200) -> Figures:
        """Figures on all connected architectures of the space that are not isomorphic to a fitted one.

        Args:
            scores: of all architectures, by official index.
            accuracy: true accuracy (%) of all architectures, likewise.
            resamples: bootstrap resamples for the 95% intervals.

        Raises:
            UserError: the scores lack a proxy.
        """
        known = self.unseen(scores, accuracy)
        return figures(known["predicted"], known[ACCURACY], resamples)

    def unseen(self, scores: pd.DataFrame, accuracy: pd.Series[float]) -> pd.DataFrame:
        """Prediction and truth of all connected architectures of the space that are not isomorphic to a fitted one.

        The same recipe is fitted on the same architectures by the scores given, so that fit and prediction are of one
        batch.

        Args:
            scores: of all architectures, by official index.
            accuracy: true accuracy (%) of all architectures, likewise.

        Returns:
            Indexed by official index: predicted and accuracy.

        Raises:
            UserError: the scores lack a proxy.
        """
        rest = unseen(scores, self.labelled.index, self.ensemble.recipe.space)
        predicted = self.over(scores).predict(rest)
        return pd.DataFrame({"predicted": predicted, ACCURACY: accuracy.reindex(rest.index)})

    def over(self, scores: pd.DataFrame) -> Ensemble:
        """The same recipe, fitted on the same architectures by other scores of them.

        Args:
            scores: of all architectures, by official index.

        Raises:
            UserError: the scores lack a proxy.
        """
        if missing := [name for name in self.ensemble.recipe.proxies if name not in scores]:
            raise UserError(f"the table of the whole space has no {', '.join(missing)}")
        fitted = self.ensemble.architectures
        if self.ensemble.recipe.label_free:
            return Ensemble(self.ensemble.recipe, scores.loc[fitted.index])
        return Ensemble(self.ensemble.recipe, scores.loc[fitted.index].assign(**{ACCURACY: fitted[ACCURACY]}))

    @property
    def r2(self) -> float | None:
        """Share of the variance explained on the fitted architectures themselves; None without labels."""
        if self.ensemble.recipe.label_free:
            return None
        truth = self.ensemble.architectures[ACCURACY]
        missed = ((truth - self.ensemble.predict(self.ensemble.architectures)) ** 2).sum()
        return float(1 - missed / ((truth - truth.mean()) ** 2).sum())

    def ranking(self) -> pd.DataFrame:
        """The labelled architectures, best predicted first.

        Returns:
            Columns rank, number (of a study's trial), arch, index, one a proxy, predicted (% or a sum of log
            ranks), true (%).
        """
        names = list(self.ensemble.recipe.proxies)
        columns = [name for name in ("number", "arch", "index") if name == "index" or name in self.labelled]
        architectures = self.labelled.reset_index()[[*columns, *names, ACCURACY]]
        architectures.insert(
            len(architectures.columns) - 1, "predicted", self.ensemble.predict(self.labelled).to_numpy()
        )
        ranked = architectures.sort_values("predicted", ascending=False, ignore_index=True).rename(
            columns={ACCURACY: "true"}
        )
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
            "weights_series": list((self.ensemble.weights or {}).values()),
            "intercept": self.ensemble.intercept,
            "cells": len(self.ensemble.architectures),
            "r2_on_these_cells": _known(self.r2),
            "cross_validated": {name: _known(value) for name, value in self.within.items()},
        }


def labelled_cells(trials: pd.DataFrame, recipe: Recipe, target: str) -> pd.DataFrame:
    """The distinct architectures of completed trials with every proxy and the target known.

    Args:
        trials: as ``backend.studies.trials_frame`` gives them.
        recipe: its proxies are the columns needed, of its space.
        target: the accuracy's column.

    Returns:
        By label: number, arch, the proxies, and `ACCURACY`.
    """
    names = list(recipe.proxies)
    columns = [*IDENTITY, *names, target]
    if not {*columns, "architecture"} <= set(trials.columns):
        return pd.DataFrame(columns=[*IDENTITY, *names, ACCURACY], index=pd.Index([], name="index", dtype=int))
    known = trials.loc[usable(trials[[*names, target]]).dropna().index]
    return labelled(known, recipe.space)[columns].rename(columns={target: ACCURACY})


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
