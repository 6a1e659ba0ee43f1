"""Fits a model to architectures, and predicts the accuracy of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn import config_context
from sklearn.base import BaseEstimator, RegressorMixin, TransformerMixin
from sklearn.pipeline import Pipeline, make_pipeline

from backend import proxies
from backend.analysis.scores import usable
from backend.ensembles.models import model
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Enumerable, GraphFeatures, capability, classes_of, require

_SMALL = 0.05


class SignedLog(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """sign(x)·log(1 + |x|/s) of the first columns, s the 5% quantile of the column's nonzero |x| in the fitted rows.

    Args:
        count: how many columns; the others stay as they are.
    """

    def __init__(self, count: int) -> None:
        self.count = count

    def fit(self, values: ArrayLike, _targets: ArrayLike | None = None) -> Self:
        """Learns s of each column.

        Args:
            values: (architectures, columns), finite.
        """
        sizes = np.abs(np.asarray(values, dtype=float)[:, : self.count])
        self.scale_ = np.array([_small_size(column) for column in sizes.T])
        return self

    def transform(self, values: ArrayLike) -> NDArray[np.float64]:
        """The columns, the first ones as signed logarithms.

        Args:
            values: (architectures, columns).
        """
        changed = np.array(values, dtype=float)
        raw = changed[:, : self.count]
        changed[:, : self.count] = np.sign(raw) * np.log1p(np.abs(raw) / self.scale_)
        return changed


def skewed(names: Sequence[str]) -> list[str]:
    """Those of the names that are proxies whose values span orders of magnitude."""
    known = set(proxies.available())
    return [name for name in names if name in known and proxies.get(name).skewed]


def _small_size(sizes: NDArray[np.float64]) -> float:
    nonzero = sizes[sizes > 0]
    return float(np.quantile(nonzero, _SMALL)) if len(nonzero) else 1.0


ACCURACY = "accuracy"
"""Column of the true accuracy (%) in frames of labelled architectures."""

_FEWEST = 5
_TAIL = 0.025


@dataclass(frozen=True)
class Recipe:
    """How an ensemble is made.

    Attributes:
        model: one of ``MODELS``.
        proxies: names of the columns to predict from; none for a model of graph features alone.
        graph: whether features of the architecture's graph join them.
        seed: of what is random in the model.
        space_name: of the search space.

    Raises:
        UserError: an unknown model, no proxies, or graph features in a model that has no labels to weigh them by, or of
            a space that has none.
    """

    model: str
    proxies: tuple[str, ...]
    graph: bool = False
    seed: int = 0
    space_name: str = registry.DEFAULT

    def __post_init__(self) -> None:
        model(self.model)
        if not self.proxies and not self.graph:
            raise UserError("ensemble: no proxies are given; name at least one, or take graph features")
        if self.graph and self.label_free:
            raise UserError(f"ensemble: {self.model} ranks proxies alone and can't use graph features; choose another")
        if self.graph:
            require(self.space, GraphFeatures, "ensemble")

    @property
    def space(self) -> SearchSpace:
        """The search space.

        Raises:
            UserError: it is not installed here.
        """
        return registry.get(self.space_name)

    @property
    def label_free(self) -> bool:
        """Whether no accuracy is needed."""
        return model(self.model).build is None

    @property
    def fewest_cells(self) -> int:
        """Architectures that a fit needs at least: two more than weights where every weight has to be found."""
        return max(_FEWEST, len(self.proxies) + 2) if self.model == "linear" else _FEWEST

    @property
    def logarithms(self) -> list[str]:
        """The proxies of which the fit takes the signed logarithm."""
        return [] if self.label_free else skewed(self.proxies)


class Ensemble:
    """A fitted ensemble; fitting the same architectures again gives the same one.

    Args:
        recipe: how it is made.
        architectures: one row an architecture, indexed by official index: the proxies, and `ACCURACY` unless the
            model is label-free. Rows with a value that is unknown, or of no use to a statistic, are left out.
        fewest: architectures needed at least; what the recipe says if None. The folds of a cross-validation have fewer.

    Attributes:
        recipe: how it is made.
        architectures: the rows that entered.

    Raises:
        UserError: too few architectures.
    """

    def __init__(self, recipe: Recipe, architectures: pd.DataFrame, fewest: int | None = None) -> None:
        needed = list(recipe.proxies) if recipe.label_free else [*recipe.proxies, ACCURACY]
        if missing := [name for name in needed if name not in architectures]:
            raise UserError(f"ensemble: {', '.join(missing)}: not known of these {recipe.space.words.many}")
        finite = _valid(recipe.space, usable(architectures[needed].astype(float)).dropna())
        # One layout in memory: sums in another order would differ in the last bits, and so would the fit.
        known = pd.DataFrame(np.ascontiguousarray(finite), finite.index, finite.columns)
        fewest = recipe.fewest_cells if fewest is None else fewest
        if len(known) < fewest:
            what = recipe.space.words.many + ("" if recipe.label_free else " with known accuracy")
            raise UserError(
                f"ensemble: {len(known)} {what} are too few for {len(recipe.proxies)} proxies; "
                f"at least {fewest} are needed"
            )
        self.recipe = recipe
        self.architectures = known
        self._pipeline = None if recipe.label_free else self._fit(_regressor(recipe, len(known)))

    @classmethod
    def of_mapping(cls, content: Mapping[str, Any]) -> Self:
        """The ensemble that :meth:`to_mapping` described: its architectures are fitted again.

        Raises:
            UserError: the content describes none.
        """
        try:
            recipe = Recipe(
                str(content["model"]),
                tuple(map(str, content["proxies"])),
                bool(content["graph"]),
                int(content["seed"]),
                str(content.get("space", registry.DEFAULT)),
            )
            rows = pd.DataFrame(content["cells"]).set_index("index").astype(float)
            rows.index = _checked_labels(rows.index, recipe.space)
        except (KeyError, TypeError, ValueError) as error:
            raise UserError(f"ensemble: not a description of one: {type(error).__name__}: {error}") from None
        return cls(recipe, rows)

    def to_mapping(self) -> dict[str, Any]:
        """Recipe and architectures as JSON types: all that the fit depends on."""
        return {
            "model": self.recipe.model,
            "proxies": list(self.recipe.proxies),
            "graph": self.recipe.graph,
            "seed": self.recipe.seed,
            "space": self.recipe.space_name,
            "logarithms": self.recipe.logarithms,
            "cells": [{"index": index, **row} for index, row in self.architectures.to_dict("index").items()],
        }

    def predict(self, scores: pd.DataFrame) -> pd.Series[float]:
        """What the ensemble predicts: accuracy (%), or a sum of log ranks (at most 0); more is better.

        Args:
            scores: one row an architecture, indexed by official index, a column a proxy of the recipe.

        Returns:
            One value a row; NaN where a proxy is unknown, and for a disconnected architecture.
        """
        names = list(self.recipe.proxies)
        known = _valid(self.recipe.space, usable(scores[names]).dropna())
        predicted = pd.Series(np.nan, index=scores.index, name="predicted", dtype=float)
        if len(known):
            predicted[scores.index.isin(known.index)] = self._values(known)
        return predicted

    @property
    def weights(self) -> dict[str, float] | None:
        """Points of accuracy that one standard deviation of a column is worth to an architecture average in all.

        None for models without weights.
        """
        weighing = model(self.recipe.model).weighing
        return self._named(weighing.read(self._pipeline[-1])[0]) if weighing and self._pipeline is not None else None

    @property
    def intercept(self) -> float | None:
        """Predicted accuracy (%) of an architecture average in every column; None for models without weights."""
        weighing = model(self.recipe.model).weighing
        return weighing.read(self._pipeline[-1])[1] if weighing and self._pipeline is not None else None

    def weight_intervals(self, resamples: int = 200) -> pd.DataFrame:
        """The weights with 95% bootstrap intervals: the fit is repeated on resampled architectures.

        Args:
            resamples: how often.

        Returns:
            Indexed by column: weight, low, high; empty for models without weights.
        """
        weighing = model(self.recipe.model).weighing
        if weighing is None or self._pipeline is None:
            return pd.DataFrame(columns=["weight", "low", "high"], dtype=float)
        generator = np.random.default_rng(self.recipe.seed)
        draws = [generator.integers(len(self.architectures), size=len(self.architectures)) for _ in range(resamples)]
        again = weighing.again(self._pipeline[-1])
        refits = pd.DataFrame([self._named(weighing.read(self._fit(again, draw)[-1])[0]) for draw in draws])
        low, high = refits.quantile(_TAIL), refits.quantile(1 - _TAIL)
        return pd.DataFrame({"weight": pd.Series(self.weights), "low": low, "high": high})

    def _fit(self, regressor: RegressorMixin, rows: NDArray[np.intp] | slice = slice(None)) -> Pipeline:
        """Fit a regressor to the architectures, or to some rows of them."""
        with _trusting():
            pipeline = make_pipeline(SignedLog(len(self.recipe.logarithms)), regressor)
            return pipeline.fit(self._inputs[rows], self.architectures[ACCURACY].to_numpy()[rows])

    @cached_property
    def _inputs(self) -> NDArray[np.float64]:
        """What the model sees of the architectures, (architectures, columns)."""
        return _inputs(self.recipe, self.architectures)

    @cached_property
    def _columns(self) -> list[str]:
        """Names of the columns that the model sees, as pages show them."""
        return [str(name) for name in _design(self.recipe, self.architectures.iloc[:1]).columns]

    def _named(self, weights: NDArray[np.float64]) -> dict[str, float]:
        """Weights by column, in the recipe's order: the regressor has the columns as they leave the preparation."""
        by_name = dict(zip(_in_fit_order(self.recipe, self._columns), map(float, weights), strict=True))
        return {name: by_name[name] for name in self._columns}

    def _values(self, known: pd.DataFrame) -> NDArray[np.float64]:
        if self._pipeline is not None:
            with _trusting():
                return np.asarray(self._pipeline.predict(_inputs(self.recipe, known)))
        columns = [_log_ranks(known[name], self.architectures[name], name) for name in self.recipe.proxies]
        total: NDArray[np.float64] = np.sum(columns, axis=0)
        return total


def _regressor(recipe: Recipe, architectures: int) -> RegressorMixin:
    build = model(recipe.model).build
    assert build is not None, "the label-free model isn't fitted"
    return build(recipe.seed, architectures)


def _trusting() -> AbstractContextManager[None]:
    """Spare scikit-learn its checks, which take longer than small fits: rows are finite, and models are ours."""
    trusting: AbstractContextManager[None] = config_context(assume_finite=True, skip_parameter_validation=True)
    return trusting


def _valid(space: SearchSpace, scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of architectures that are networks: a model of graphs alone has nothing else to know them by."""
    return scores[classes_of(space, scores.index).notna().to_numpy()]


def _checked_labels(labels: pd.Index, space: SearchSpace) -> pd.Index:
    """The labels of a stored ensemble.

    Raises:
        ValueError: they are none of the space, or one is there twice.
    """
    listed = capability(space, Enumerable)
    if listed is None:
        if not labels.is_unique:
            raise ValueError(f"each of the {space.words.many} needs a key of its own")
        return pd.Index([space.parse(str(label)).key for label in labels])
    indices = labels.astype(int)
    if not indices.is_unique or not indices.isin(range(listed.size)).all():
        raise ValueError(f"each of the {space.words.many} needs its own official index, 0 to {listed.size - 1}")
    return indices


def _design(recipe: Recipe, scores: pd.DataFrame) -> pd.DataFrame:
    """The columns that the model sees."""
    raw = scores[list(recipe.proxies)].astype(float)
    if not recipe.graph:
        return raw
    space = require(recipe.space, GraphFeatures, "ensemble")
    return raw.join(space.features(dict.fromkeys(scores.index)))


def _inputs(recipe: Recipe, scores: pd.DataFrame) -> NDArray[np.float64]:
    """The design as an array, (architectures, columns), in the order of :func:`_in_fit_order`."""
    design = _design(recipe, scores)
    return np.ascontiguousarray(design[_in_fit_order(recipe, design.columns)], dtype=float)


def _in_fit_order(recipe: Recipe, names: Iterable[str]) -> list[str]:
    """Names of the columns of a design, those whose logarithm is taken first."""
    first = recipe.logarithms
    return [*first, *(name for name in names if name not in first)]


def _log_ranks(values: pd.Series[float], among: pd.Series[float], name: str) -> NDArray[np.float64]:
    """Log of each value's rank among the fitted architectures, as a share; better architectures rank higher."""
    sign = -1 if name in proxies.available() and proxies.get(name).direction == "minimize" else 1
    order = np.sort(sign * among.to_numpy(float))
    places: Sequence[NDArray[np.intp]] = [np.searchsorted(order, sign * values, side) for side in ("left", "right")]
    logarithms: NDArray[np.float64] = np.log((np.mean(places, axis=0) + 0.5) / (len(order) + 1))
    return logarithms
