"""The hypervolume that random search reaches, simulated on architectures whose objectives are all known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from backend.analysis.hypervolume import EXACT_OBJECTIVES, in_unit_box
from backend.analysis.search_curves import QUANTILES
from backend.dominance import hypervolume, nondominated

SEARCHES = 60
_APPROXIMATED_SEARCHES = 20


def searches(objectives: int) -> int:
    """How many random searches are simulated for that many objectives."""
    return SEARCHES if objectives <= EXACT_OBJECTIVES else _APPROXIMATED_SEARCHES


def random_hypervolume(space: pd.DataFrame, box: pd.DataFrame, draws: Sequence[int], *, seed: int = 0) -> pd.DataFrame:
    """Quartiles of the hypervolume of k distinct architectures that are drawn at random.

    Args:
        space: all architectures, with a column an objective; an architecture with an unknown value is drawn, and adds
            nothing.
        box: as :func:`backend.analysis.hypervolume.objective_box` gives it.
        draws: numbers of architectures in ascending order, no more than there are.
        seed: of the simulated searches.

    Returns:
        Indexed by the number of architectures: low, median and high, shares of the box (0 to 1).
    """
    points = in_unit_box(space, box)
    points = np.where(np.isnan(points).any(axis=1, keepdims=True), 0.0, points)
    objectives = points.shape[1]
    exact, up = objectives <= EXACT_OBJECTIVES, [True] * objectives
    random = np.random.default_rng(seed)
    volumes = np.zeros((searches(objectives), len(draws)))
    for volume in volumes:
        order = random.permutation(len(points))
        front, position = np.empty((0, objectives)), 0
        for column, count in enumerate(draws):
            drawn = np.vstack([front, points[order[position:count]]])
            front, position = drawn[nondominated(drawn, up, keep_equal=False)], count
            volume[column] = hypervolume(front, exact=exact)
    quartiles = np.quantile(volumes, QUANTILES, axis=0).T
    return pd.DataFrame(quartiles, index=pd.Index(draws, name="cells"), columns=["low", "median", "high"])
