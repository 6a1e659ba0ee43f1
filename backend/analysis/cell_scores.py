"""Scores by cell, from a table of the space or from a study, in one shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from backend import proxies
from backend.cells import class_indices
from backend.scoring.tables import ScoreTable

BENCHMARK_SIZE: Final = (16, 5)
"""C and N of the networks that the benchmark trained."""


@dataclass(frozen=True)
class CellScores:
    """Scores of cells, at the size of network that the benchmark trained.

    Attributes:
        scores: indexed by official index, one float column a proxy; NaN where a score is unknown.
        seconds: mean time that one cell took with all these proxies together; None where it is unknown.
    """

    scores: pd.DataFrame
    seconds: float | None


def table_scores(table: ScoreTable) -> CellScores:
    """The scores of a table, without the cells that have none."""
    scores = table.scores.dropna(how="all").astype(float)
    passes = [name for name in scores if not proxies.get(str(name)).literal]
    classes = pd.Series(pd.array(class_indices(), dtype="Int64"))
    scored = classes[scores.index[scores[passes].notna().any(axis="columns")]].nunique()
    return CellScores(scores, table.provenance.seconds / scored if scored else None)


def study_scores(frame: pd.DataFrame) -> CellScores:
    """The scores of a study's distinct cells; those of another size of network are left out.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
    """
    names = [name for name in proxies.available() if name in frame]
    if "index" not in frame or not names:
        return CellScores(pd.DataFrame(index=pd.Index([], name="index", dtype=int)), None)
    channels, cells_per_stage = BENCHMARK_SIZE
    scored = (frame["state"] == "complete") & (frame["C"] == channels) & (frame["N"] == cells_per_stage)
    cells = frame[scored & frame["index"].notna()].drop_duplicates("index")
    scores = cells.astype({"index": int}).set_index("index")[names].astype(float)
    seconds = cells["seconds"].mean() if len(cells) else float("nan")
    return CellScores(scores.dropna(axis="columns", how="all"), None if pd.isna(seconds) else float(seconds))
