"""Which cells to train: a shortlist without twins, how accurate they should turn out, and what training them costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import pandas as pd
from sklearn.isotonic import IsotonicRegression

from backend import truth as benchmark
from backend.analysis.cell_scores import with_sizes
from backend.ensembles.evaluation import cell_classes
from backend.ensembles.fitting import Ensemble, Recipe
from backend.ensembles.models import LABEL_FREE
from backend.errors import UserError
from backend.truth import measures

LENGTH: Final = 10
"""Cells of a shortlist."""

CHOSEN: Final = ("naswot", "zen", "linear_regions")
"""Proxies of the rule without labels: of all sets of up to four, the one whose first cell and first ten of a thousand
were best on cifar100, over several samplers and objectives; on ImageNet16-120 it is the same one."""

SIZE: Final = "params"
_FEWEST_NEIGHBOURS, _NEIGHBOURS_SHARE, _MOST_NEIGHBOURS = 20, 0.1, 200
_FEWEST_JUDGED = 5
_FEWEST_CHOSEN = 2
_TAIL = 0.025


def rule_proxies(recorded: Iterable[str]) -> tuple[str, ...]:
    """The proxies that the rule without labels adds up, given those that are recorded of the cells.

    Those of `CHOSEN`, where two or more of them are recorded; else all that are recorded and the number of parameters,
    which is known of every cell.
    """
    names = list(recorded)
    chosen = tuple(name for name in CHOSEN if name in names)
    return chosen if len(chosen) >= _FEWEST_CHOSEN else tuple(dict.fromkeys([*names, SIZE]))


def rule_words(names: Sequence[str], searched_by: Sequence[str] = ()) -> str:
    """The rule without labels in a sentence, for the proxies that it adds up.

    Args:
        names: of the proxies.
        searched_by: ensembles that were objectives of the search for the cells: they may know accuracies.
    """
    beside = f", but the search for these cells went by {', '.join(searched_by)}" if searched_by else ""
    return (
        f"Of the distinct cells, the one with the highest sum over {', '.join(names)} of the logarithm of its rank, "
        f"better cells ranking higher. No accuracy enters{beside}; that the rule prefers "
        f"{', '.join(CHOSEN)} was chosen on cifar100."
    )


def without_labels(scores: pd.DataFrame, dataset: str) -> Ensemble:
    """The ensemble of the rule without labels, over these cells.

    Args:
        scores: one row a cell, by official index, a column a proxy.
        dataset: of the images.

    Raises:
        UserError: too few cells.
    """
    sized = with_sizes(scores, dataset)
    return Ensemble(Recipe(LABEL_FREE, rule_proxies(map(str, scores))), sized, fewest=1)


def shortlist(predicted: pd.Series[float], count: int = LENGTH) -> pd.Series[float]:
    """The best predicted cells, the best first; of twins, which are the same network, the one that comes first.

    Args:
        predicted: by official index; more is better, NaN is left out.
        count: how many at most.
    """
    known = predicted.dropna()
    ordered = known.iloc[np.lexsort((known.index.to_numpy(), -known.to_numpy(float)))]
    classes = cell_classes(ordered.index)
    return ordered[classes.notna() & ~classes.duplicated()].iloc[:count]


def expected_accuracy(
    listed: pd.Series[float], judged: pd.Series[float], accuracy: pd.Series[float], *, labelled: bool
) -> pd.DataFrame:
    """How accurate listed cells should turn out, from cells that were predicted alike and whose accuracy is known.

    Expected is the prediction, moved by the median of what those cells missed theirs by; the interval holds 95% of
    that. Both are honest where the cells were predicted by fits that had not seen them. A prediction above all of
    theirs is worth no more than the highest: the interval reaches up to it, but it is not what to expect.

    Args:
        listed: predictions of the cells in question.
        judged: predictions of other cells, each by a fit that has not seen it.
        accuracy: true accuracy (%) of these.
        labelled: whether predictions are accuracies; if not, the accuracy is first fitted as a rising function of them.

    Returns:
        Indexed as `listed`: expected, low and high (%); NaN where fewer than five cells are known to judge by.
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
        expected = float(np.clip(value + np.median(alike), 0.0, 100.0))
        rows.append((expected, max(0.0, value + low), min(100.0, max(value + high, raw))))
    return pd.DataFrame(rows, index=listed.index, columns=["expected", "low", "high"])


def training_plan(cells: Sequence[int], dataset: str, epochs: int = 200) -> pd.DataFrame:
    """What training the first of a list, the first two, and so on would cost and give, as the benchmark measured.

    Args:
        cells: official indices, in the order in which they would be trained.
        dataset: to train on.
        epochs: length of each training.

    Returns:
        Indexed by official index: accuracy (true test accuracy, %), hours (of its training), total_hours (with those
        before it) and best (the highest accuracy up to here, %).

    Raises:
        UserError: unknown dataset or epochs.
    """
    index = pd.Index(cells, name="index")
    seconds = measures.values(measures.find_cost("training-time", dataset, epochs)).reindex(index)
    truth = benchmark.test_accuracy(dataset, epochs).reindex(index)
    hours = seconds / 3600
    return pd.DataFrame({"accuracy": truth, "hours": hours, "total_hours": hours.cumsum(), "best": truth.cummax()})


def recommend(scores: pd.DataFrame, dataset: str, count: int = LENGTH, epochs: int = 200) -> pd.DataFrame:
    """The cells that the rule without labels puts first, and what training them would give.

    Args:
        scores: one row a candidate, by official index, a column a proxy.
        dataset: of the images and the training.
        count: how many at most.
        epochs: length of each training.

    Returns:
        As :func:`training_plan`, and score: the sum of log ranks, at most 0.

    Raises:
        UserError: there is no candidate.
    """
    if scores.empty:
        raise UserError("recommendation: there is no scored cell yet")
    sized = with_sizes(scores, dataset)
    listed = shortlist(without_labels(scores, dataset).predict(sized), count)
    return training_plan(list(listed.index), dataset, epochs).assign(score=listed)
