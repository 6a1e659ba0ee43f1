"""What each operation on each edge gives: means over a study's distinct cells."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from backend.cells import EDGES, OPERATIONS

_COLUMNS: Final = {f"op_{target}_{source}": f"{source} → {target}" for source, target in EDGES}


def operation_means(frame: pd.DataFrame, column: str) -> pd.DataFrame:
    """Means of a quantity by edge and operation.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        column: the quantity.

    Returns:
        edge ("0 → 1"), operation, mean, spread (standard deviation) and cells (their number), a row each that occurs;
        no rows for trials that name no cells, or have no finite value.
    """
    if not {"arch", column, *_COLUMNS} <= set(frame.columns):
        return pd.DataFrame({"edge": [], "operation": [], "mean": [], "spread": [], "cells": []})
    wanted = dict.fromkeys(["arch", "C", "N", *_COLUMNS, column])
    cells = frame.loc[(frame["state"] == "complete") & (frame[column].abs() < np.inf), list(wanted)]
    cells = cells.drop_duplicates(["arch", "C", "N"])
    tables = []
    for name, edge in _COLUMNS.items():
        means = cells.groupby(name)[column].agg(["mean", "std", "count"]).reindex(OPERATIONS).dropna(subset="mean")
        means.columns = pd.Index(["mean", "spread", "cells"])
        tables.append(means.rename_axis("operation").reset_index().assign(edge=edge))
    return pd.concat(tables, ignore_index=True)[["edge", "operation", "mean", "spread", "cells"]]
