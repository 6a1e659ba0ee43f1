"""A cell as a row of a table of trials, for one that no trial stands for."""

from collections.abc import Mapping

import pandas as pd

from backend.analysis.cell_scores import BENCHMARK_SIZE
from backend.benchmark import EPOCHS, query
from backend.cells import Cell


def cell_row(cell: Cell, dataset: str | None, scores: Mapping[str, float] | None = None) -> pd.Series:
    """What is known of a cell, in the columns of ``backend.studies.trials_frame``, without number and state.

    Args:
        cell: in the benchmark's networks (C = 16, N = 5).
        dataset: of the true accuracies; None leaves them out.
        scores: of proxies, by name.
    """
    channels, cells_per_stage = BENCHMARK_SIZE
    row: dict[str, object] = {"arch": str(cell), "index": cell.index, "C": channels, "N": cells_per_stage}
    row |= {name: value for name, value in (scores or {}).items() if pd.notna(value)}
    for epochs in EPOCHS if dataset else ():
        fields = query(cell, dataset or "", epochs).items()
        row |= {f"{epochs}:{field}": value for field, value in fields if value is not None}
    return pd.Series(row, dtype=object)
