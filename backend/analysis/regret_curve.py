"""How far the best cell that a search has found so far is from the best of the space."""

from __future__ import annotations

from typing import Literal

import pandas as pd


def regret_curve(
    cells: pd.DataFrame,
    accuracy: str,
    optimum: float,
    *,
    chosen_by: str | None = None,
    direction: Literal["maximize", "minimize"] = "maximize",
) -> pd.DataFrame:
    """Regret of the chosen cell after each distinct cell.

    Args:
        cells: as :func:`backend.analysis.timeline.timeline` gives it.
        accuracy: column of the true accuracy (%).
        optimum: the highest accuracy of the whole space (%).
        chosen_by: the column whose best value so far chooses the cell, the first of equal ones; None chooses the most
            accurate cell, as if all cells found so far were trained.
        direction: which way ``chosen_by`` is better.

    Returns:
        ``cells`` with two more columns: best_accuracy, the true accuracy of the chosen cell (%), and regret, the
        optimum less that (percentage points). Rows before the first known value are left out.
    """
    column = chosen_by or accuracy
    if column not in cells or accuracy not in cells:
        return cells.assign(best_accuracy=float("nan"), regret=float("nan")).iloc[:0]
    worth = cells[column] if direction == "maximize" or chosen_by is None else -cells[column]
    before = worth.cummax().ffill().shift().fillna(float("-inf"))
    chosen = cells.index.to_series().where(worth > before).ffill()
    best = cells[accuracy].reindex(chosen).set_axis(cells.index)
    return cells.assign(best_accuracy=best, regret=optimum - best)[best.notna()]
