"""How a search gets on: its distinct architectures over time, their regret, and what random search reaches."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import gammaln

from backend.spaces.truth_tasks import Direction


def timeline(frame: pd.DataFrame) -> pd.DataFrame:
    """The distinct scored architectures of a study in the order in which they were done.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it; of a study made elsewhere every completed trial counts.

    Returns:
        The rows of these architectures with three more columns: architectures (1, 2, …), scoring_seconds (time spent
        scoring so far, that of repeated and failed trials included; the sum over parallel jobs) and clock_seconds
        (since the first trial began, pauses included).
    """
    done = frame.sort_values(["finished", "number"], na_position="last", ignore_index=True)
    begins = done["finished"] - pd.to_timedelta(done["seconds"].fillna(0), unit="s")
    done = done.assign(
        scoring_seconds=done["seconds"].fillna(0).cumsum(),
        clock_seconds=(done["finished"] - begins.min()).dt.total_seconds(),
    )
    architectures = done[done["state"] == "complete"]
    if "architecture" in architectures:
        architectures = architectures.drop_duplicates("architecture")
    return architectures.assign(architectures=range(1, len(architectures) + 1)).reset_index(drop=True)


def regret_curve(
    architectures: pd.DataFrame,
    accuracy: str,
    optimum: float,
    *,
    chosen_by: str | None = None,
    direction: Direction = "maximize",
) -> pd.DataFrame:
    """Regret of the chosen architecture after each distinct architecture.

    Args:
        architectures: as :func:`backend.analysis.search_curves.timeline` gives it.
        accuracy: column of the true accuracy (%).
        optimum: the highest accuracy of the whole space (%).
        chosen_by: the column whose best value so far chooses the architecture, the first of equal ones; None chooses
            the most accurate architecture, as if all architectures found so far were trained.
        direction: which way ``chosen_by`` is better.

    Returns:
        ``architectures`` with two more columns: best_accuracy, the true accuracy of the chosen architecture (%), and
        regret, the optimum less that (percentage points). Rows before the first known value are left out.
    """
    column = chosen_by or accuracy
    if column not in architectures or accuracy not in architectures:
        return architectures.assign(best_accuracy=float("nan"), regret=float("nan")).iloc[:0]
    worth = architectures[column] if direction == "maximize" or chosen_by is None else -architectures[column]
    before = worth.cummax().ffill().shift().fillna(float("-inf"))
    chosen = architectures.index.to_series().where(worth > before).ffill()
    best = architectures[accuracy].reindex(chosen).set_axis(architectures.index)
    return architectures.assign(best_accuracy=best, regret=optimum - best)[best.notna()]


QUANTILES = (0.25, 0.5, 0.75)


def best_of_random(accuracies: pd.Series[float], draws: Sequence[int]) -> pd.DataFrame:
    """Quartiles of the highest accuracy among k distinct architectures that are drawn at random.

    The best of k from n is at most the m-th lowest accuracy with probability C(m, k) / C(n, k).

    Args:
        accuracies: of every architecture of the space (%); NaN is left out.
        draws: numbers of architectures, each at least 1 and no more than the space has.

    Returns:
        Indexed by the number of architectures: low, median and high, the three quartiles (%).
    """
    ordered = np.sort(accuracies.dropna().to_numpy(dtype=float))
    n = len(ordered)
    places = np.arange(1, n + 1)
    rows = []
    for k in draws:
        logs = np.full(n, -np.inf)
        logs[k - 1 :] = _log_choices(places[k - 1 :], k) - _log_choices(np.array([n]), k)
        rows.append([ordered[np.searchsorted(logs, np.log(quantile))] for quantile in QUANTILES])
    return pd.DataFrame(rows, index=pd.Index(draws, name="cells"), columns=["low", "median", "high"])


def _log_choices(n: np.ndarray, k: int) -> np.ndarray:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
