"""How good an ensemble is on architectures that it has not seen. A twin of a fitted architecture counts as seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold

from backend.analysis.correlation import correlation
from backend.analysis.scores import usable
from backend.ensembles.fitting import ACCURACY, Ensemble, Recipe
from backend.errors import UserError
from backend.spaces.base import Label, SearchSpace
from backend.spaces.capabilities import classes_of

FOLDS = 5
RANDOM, DIVERSE = "random", "diverse"

Figures = dict[str, float]
"""architectures; spearman, kendall, top_spearman and picked, with _low and _high; best: see :func:`figures`."""
_TAIL = 2.5


def figures(predicted: pd.Series[float], accuracy: pd.Series[float], resamples: int = 200) -> Figures:
    """How well a prediction ranks architectures, and what picking by it gives.

    Args:
        predicted: more is better.
        accuracy: true accuracy (%) of the same architectures.
        resamples: bootstrap resamples for the 95% intervals; 0 leaves them NaN.

    Returns:
        The fields of ``backend.analysis.correlation.correlation``; picked, the mean accuracy of the architectures
        with the highest prediction (one, but for ties), with picked_low and picked_high, between which it is in 95%
        of the resamples, and best, the highest accuracy there is. NaN where nothing is known.
    """
    known = predicted.notna() & accuracy.notna()
    row = correlation(predicted[known], accuracy[known], resamples)
    says, is_true = predicted[known].to_numpy(np.float64), accuracy[known].to_numpy(np.float64)
    low, high = _picked_interval(says, is_true, resamples)
    picked = float(is_true[says == says.max()].mean()) if len(says) else np.nan
    best = float(is_true.max()) if len(says) else np.nan
    return row | {"picked": picked, "picked_low": low, "picked_high": high, "best": best}


def unseen(scores: pd.DataFrame, seen: Iterable[Label], space: SearchSpace) -> pd.DataFrame:
    """The architectures that can be scored, of no class that a seen one is of.

    Args:
        scores: one row an architecture, by label.
        seen: labels.
        space: of the architectures.
    """
    classes = classes_of(space, scores.index)
    return scores[(classes.notna() & ~classes.isin(classes_of(space, seen))).to_numpy()]


def unseen_figures(
    ensemble: Ensemble, scores: pd.DataFrame, accuracy: pd.Series[float], resamples: int = 200
) -> Figures:
    """Figures over all connected architectures but those of the fitted architectures' classes.

    Args:
        ensemble: what predicts.
        scores: of all architectures, indexed by official index.
        accuracy: true accuracy (%) of all architectures, likewise.
        resamples: bootstrap resamples for the 95% intervals.
    """
    rest = unseen(scores, ensemble.architectures.index, ensemble.recipe.space)
    return figures(ensemble.predict(rest), accuracy.reindex(rest.index), resamples)


def cross_validated(recipe: Recipe, architectures: pd.DataFrame, repeats: int = 3, resamples: int = 200) -> Figures:
    """Figures over the labelled architectures themselves, as :func:`left_out` predicts them.

    Args:
        recipe: how the ensemble is made.
        architectures: the labelled architectures, as :class:`Ensemble` takes them.
        repeats: random divisions into five folds.
        resamples: bootstrap resamples for the 95% intervals.

    Raises:
        UserError: too few architectures, or too few classes, for five folds.
    """
    predicted = left_out(recipe, architectures, repeats)
    return figures(predicted, architectures[ACCURACY].reindex(predicted.index), resamples)


def left_out(recipe: Recipe, architectures: pd.DataFrame, repeats: int = 3) -> pd.Series[float]:
    """What is predicted of each labelled architecture by fits that have seen no architecture of its class.

    Args:
        recipe: how the ensemble is made.
        architectures: the labelled architectures, as :class:`Ensemble` takes them.
        repeats: random divisions into five folds; an architecture's prediction is the mean over them.

    Raises:
        UserError: too few architectures, or too few classes, for five folds.
    """
    labelled = architectures.dropna(subset=[*recipe.proxies, ACCURACY])
    classes = classes_of(recipe.space, labelled.index)
    if classes.nunique() < FOLDS:
        many = recipe.space.words.many
        raise UserError(f"ensemble: {classes.nunique()} distinct {many} are too few for cross-validation; give {FOLDS}")
    total = pd.Series(0.0, index=labelled.index)
    for repeat in range(repeats):
        folds = GroupKFold(FOLDS, shuffle=True, random_state=recipe.seed + repeat)
        for inside, outside in folds.split(labelled, groups=classes):
            ensemble = Ensemble(recipe, labelled.iloc[inside], fewest=1)
            total.iloc[outside] += ensemble.predict(labelled.iloc[outside]).to_numpy() / repeats
    return total.rename("predicted")


def importances(
    ensemble: Ensemble, architectures: pd.DataFrame, accuracy: pd.Series[float], repeats: int = 3
) -> pd.Series[float]:
    """What each proxy is worth to a model of any kind: Spearman lost when its values are shuffled among architectures.

    Args:
        ensemble: what predicts.
        architectures: one row an architecture, a column a proxy.
        accuracy: true accuracy (%) of the same architectures.
        repeats: shuffles of each proxy.

    Returns:
        By proxy, the mean loss; about 0 for a proxy that the model makes nothing of.
    """
    generator = np.random.default_rng(ensemble.recipe.seed)
    whole = ensemble.predict(architectures).corr(accuracy, method="spearman")
    lost = {}
    for name in ensemble.recipe.proxies:
        shuffled = [architectures.assign(**{name: generator.permutation(architectures[name])}) for _ in range(repeats)]
        found = [ensemble.predict(frame).corr(accuracy, method="spearman") for frame in shuffled]
        lost[name] = whole - float(np.mean(found))
    return pd.Series(lost, dtype=float)


def learning_curve(
    recipe: Recipe,
    scores: pd.DataFrame,
    accuracy: pd.Series[float],
    sizes: Sequence[int],
    repeats: int = 20,
    choose: str = RANDOM,
    on_fit: Callable[[], None] = lambda: None,
) -> pd.DataFrame:
    """Figures on unseen architectures by the number of labelled ones, which are drawn anew in each repeat.

    Args:
        recipe: how the ensembles are made; repeat k takes seed + k.
        scores: of all architectures, indexed by official index.
        accuracy: true accuracy (%) of all architectures, likewise.
        sizes: numbers of labelled architectures, of different classes each.
        repeats: draws of each size.
        choose: `RANDOM`, or `DIVERSE`: spread over the proxies' ranks.
        on_fit: called after each fit.

    Returns:
        One row a fit: cells_labelled, repeat, spearman, kendall, top_spearman, picked.
    """
    rows = []
    for size in sizes:
        for repeat in range(repeats):
            drawn = draw_cells(scores[list(recipe.proxies)], size, recipe.seed + repeat, recipe.space, choose)
            labelled = scores.loc[drawn].assign(**{ACCURACY: accuracy.reindex(drawn)})
            ensemble = Ensemble(replace(recipe, seed=recipe.seed + repeat), labelled)
            found = unseen_figures(ensemble, scores, accuracy, resamples=0)
            kept = {name: found[name] for name in ("spearman", "kendall", "top_spearman", "picked")}
            rows.append({"cells_labelled": size, "repeat": repeat, **kept})
            on_fit()
    return pd.DataFrame(rows)


def draw_cells(scores: pd.DataFrame, size: int, seed: int, space: SearchSpace, choose: str = RANDOM) -> list[Label]:
    """Official indices of connected architectures of different classes, for labelling.

    Args:
        scores: one row an architecture, indexed by official index; architectures with an unknown score are left out.
        size: how many.
        seed: of the draw.
        space: of the architectures.
        choose: `RANDOM`, or `DIVERSE`: each next architecture is the one of a random sample that is farthest, in the
            ranks of the scores, from those drawn before.

    Raises:
        UserError: more than there are, or an unknown way to choose.
    """
    known = usable(scores).dropna()
    generator = np.random.default_rng(seed)
    shuffled = known.iloc[generator.permutation(len(known))]
    classes = classes_of(space, shuffled.index)
    members = shuffled[(classes.notna() & ~classes.duplicated()).to_numpy()]
    if size > len(members):
        many = space.words.many
        raise UserError(f"ensemble: {size} labelled {many} are asked for; there are {len(members)} distinct ones")
    if choose == RANDOM:
        return members.index[:size].tolist()
    if choose != DIVERSE:
        raise UserError(f"ensemble: unknown way to choose {space.words.many} {choose!r}; valid: {RANDOM}, {DIVERSE}")
    places = members.rank(pct=True).to_numpy()
    distances = np.full(len(places), np.inf)
    chosen = [0]
    while len(chosen) < size:
        distances = np.minimum(distances, ((places - places[chosen[-1]]) ** 2).sum(1))
        # Of the whole set the farthest architectures are freaks; of a sample they are merely different.
        free = np.setdiff1d(np.arange(len(places)), chosen)
        sample = generator.choice(free, size=min(len(free), 64), replace=False)
        chosen.append(int(sample[distances[sample].argmax()]))
    return members.index[chosen].tolist()


def _picked_interval(
    predicted: NDArray[np.floating[Any]], accuracy: NDArray[np.floating[Any]], resamples: int
) -> tuple[float, float]:
    """Where the accuracy of the pick lies in 95% of the resamples of the architectures; NaN without any."""
    if not resamples or not len(predicted):
        return np.nan, np.nan
    generator = np.random.default_rng(0)
    draws = (generator.integers(len(predicted), size=len(predicted)) for _ in range(resamples))
    picks = [accuracy[draw[predicted[draw].argmax()]] for draw in draws]
    low, high = np.percentile(picks, [_TAIL, 100 - _TAIL])
    return float(low), float(high)
