"""Which architectures to train: a shortlist of unique ones, how accurate they should be, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from backend.analysis.scores import with_sizes
from backend.ensembles.fitting import Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import Label, SearchSpace
from backend.spaces.capabilities import HasTruth, capability, classes_of, known_costs
from backend.spaces.truth_tasks import ACCURACY

LENGTH: Final = 10
"""Architectures of a shortlist."""

CHOSEN: Final = ("naswot", "zen", "linear_regions")
"""Proxies of the rule without labels: of all sets of up to four, the one whose first and first ten of a thousand were
best on cifar100, over several samplers and objectives; on ImageNet16-120 it is the same one."""

SIZE: Final = "params"
_FEWEST_NEIGHBOURS, _NEIGHBOURS_SHARE, _MOST_NEIGHBOURS = 20, 0.1, 200
_FEWEST_JUDGED = 5
_FEWEST_CHOSEN = 2
_TAIL = 0.025


def rule_proxies(recorded: Iterable[str], space: SearchSpace, dataset: str) -> tuple[str, ...]:
    """The proxies that the rule without labels adds up, given those that are recorded.

    Those of `CHOSEN`, where two or more of them are recorded; else all that are recorded and, where the space knows it
    without any network, the number of parameters.

    Args:
        recorded: names of proxies.
        space: of the architectures.
        dataset: of the images.
    """
    names = list(recorded)
    chosen = tuple(name for name in CHOSEN if name in names)
    if len(chosen) >= _FEWEST_CHOSEN:
        return chosen
    return tuple(dict.fromkeys([*names, SIZE] if known_costs(space, dataset) else names))


def rule_words(names: Sequence[str], space: SearchSpace, searched_by: Sequence[str] = ()) -> str:
    """The rule without labels in a sentence, for the proxies that it adds up.

    Args:
        names: of the proxies.
        space: of the architectures.
        searched_by: ensembles that were objectives of the search for the architectures: they may know accuracies.
    """
    many = space.words.many
    beside = f", but the search for these {many} optimised {', '.join(searched_by)}" if searched_by else ""
    chosen = f" These proxies were chosen on cifar100 of {registry.get().title}." if set(names) <= set(CHOSEN) else ""
    return (
        f"Of the unique {many}, the one with the highest sum over {', '.join(names)} of the logarithm of its rank, "
        f"better {many} ranking higher. No accuracy is used{beside}.{chosen}"
    )


def without_labels(scores: pd.DataFrame, space: SearchSpace, dataset: str) -> Ensemble:
    """The ensemble of the rule without labels, over these architectures.

    Args:
        scores: one row an architecture, by label, a column a proxy.
        space: of the architectures.
        dataset: of the images.

    Raises:
        UserError: too few architectures.
    """
    sized = with_sizes(scores, space, dataset)
    names = rule_proxies(map(str, scores), space, dataset)
    return Ensemble(Recipe(LABEL_FREE, names, space_name=space.name), sized, fewest=1)


def shortlist(predicted: pd.Series[float], space: SearchSpace, count: int = LENGTH) -> pd.Series[float]:
    """The best predicted architectures, the best first; of isomorphic ones the first.

    Args:
        predicted: by label; more is better, NaN is left out.
        space: of the architectures.
        count: how many at most.
    """
    known = predicted.dropna()
    ordered = known.iloc[np.lexsort((known.index.to_numpy(), -known.to_numpy(float)))]
    classes = classes_of(space, ordered.index)
    return ordered[(classes.notna() & ~classes.duplicated()).to_numpy()].iloc[:count]


def expected_accuracy(
    listed: pd.Series[float],
    judged: pd.Series[float],
    accuracy: pd.Series[float],
    *,
    labelled: bool,
    bounds: tuple[float, float] = ACCURACY.bounds,
) -> pd.DataFrame:
    """How accurate listed architectures should turn out, from others predicted alike whose accuracy is known.

    Expected is the prediction, moved by the median of what those architectures missed theirs by; the interval holds
    95% of that. Both are honest where the architectures were predicted by fits that had not seen them. A prediction
    above all of theirs is worth no more than the highest: the interval reaches up to it, but it is not what to expect.

    Args:
        listed: predictions of the architectures in question.
        judged: predictions of other architectures, each by a fit that has not seen it.
        accuracy: true accuracy (%) of these.
        labelled: whether predictions are accuracies; if not, the accuracy is first fitted as a rising function of them.
        bounds: the values that there can be.

    Returns:
        Indexed as `listed`: expected, low and high (%); NaN where fewer than five architectures are known to judge by.
    """
    known = judged.notna() & accuracy.reindex(judged.index).notna()
    says, is_true = judged[known].to_numpy(float), accuracy.reindex(judged.index)[known].to_numpy(float)
    empty = pd.DataFrame(np.nan, index=listed.index, columns=["expected", "low", "high"])
    if len(says) < _FEWEST_JUDGED:
        return empty
    asked = listed.to_numpy(float)
    if not labelled:
        rising = IsotonicRegression(out_of_bounds="clip").fit(says, is_true)
        asked, says = rising.predict(asked), rising.predict(says)
    count = int(np.clip(len(says) * _NEIGHBOURS_SHARE, _FEWEST_NEIGHBOURS, _MOST_NEIGHBOURS))
    missed = is_true - says
    rows = []
    for raw in asked:
        value = float(np.clip(raw, says.min(), says.max()))
        alike = missed[np.argsort(np.abs(says - value), kind="stable")[:count]]
        low, high = np.quantile(alike, [_TAIL, 1 - _TAIL])
        expected = float(np.clip(value + np.median(alike), *bounds))
        rows.append((expected, max(bounds[0], value + low), min(bounds[1], max(value + high, raw))))
    return pd.DataFrame(rows, index=listed.index, columns=["expected", "low", "high"])


def training_plan(labels: Sequence[Label], space: SearchSpace, dataset: str, epochs: int = 200) -> pd.DataFrame:
    """What training the first of a list, the first two, and so on would cost and give, as a benchmark measured.

    Args:
        labels: in the order in which they would be trained.
        space: of the architectures.
        dataset: to train on.
        epochs: length of each training.

    Returns:
        By label: accuracy (true test accuracy, %), hours (of its training), total_hours (with those before it) and best
        (the highest accuracy up to here, %); NaN where nothing is known of trainings in the space.

    Raises:
        UserError: unknown epochs.
    """
    index = pd.Index(labels, name="index")
    known = capability(space, HasTruth)
    if known is None or dataset not in known.datasets:
        return pd.DataFrame(np.nan, index=index, columns=["accuracy", "hours", "total_hours", "best"])
    hours, truth = known.training_hours(dataset, epochs).reindex(index), known.values(dataset, epochs).reindex(index)
    return pd.DataFrame({"accuracy": truth, "hours": hours, "total_hours": hours.cumsum(), "best": truth.cummax()})


def recommend(
    scores: pd.DataFrame,
    space: SearchSpace,
    dataset: str,
    count: int = LENGTH,
    epochs: int = 200,
    trained_on: str | None = None,
) -> pd.DataFrame:
    """The architectures that the rule without labels puts first, and what training them would give.

    Args:
        scores: one row a candidate, by label, a column a proxy.
        space: of the architectures.
        dataset: of the images.
        count: how many at most.
        epochs: length of each training.
        trained_on: data set of the training, if it is another.

    Returns:
        As :func:`training_plan`, and score: the sum of log ranks, at most 0.

    Raises:
        UserError: there is no candidate.
    """
    if scores.empty:
        raise UserError(f"recommendation: there is no scored {space.words.one} yet")
    sized = with_sizes(scores, space, dataset)
    listed = shortlist(without_labels(scores, space, dataset).predict(sized), space, count)
    return training_plan(list(listed.index), space, trained_on or dataset, epochs).assign(score=listed)
