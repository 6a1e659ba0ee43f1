"""Scores by cell, from a table of the space or from a study, in one shape: a row a cell, by official index."""

from __future__ import annotations

from typing import Final

import pandas as pd

from backend import proxies
from backend.scoring.tables import ScoreTable
from backend.spaces.nas_bench_201.cell import class_indices
from backend.truth.tables import architectures_table

BENCHMARK_SIZE: Final = (16, 5)
"""C and N of the networks that the benchmark trained."""


_LARGEST: Final = 1e100
"""A float holds no sum of the squares of larger scores, which a standard deviation takes."""


def usable(scores: pd.DataFrame) -> pd.DataFrame:
    """The scores, with NaN for those that no statistic can be made of: infinite ones, and those as good as that."""
    return scores.where(scores.abs() <= _LARGEST)


def table_scores(table: ScoreTable) -> pd.DataFrame:
    """The scores of a table, without the cells that have none; NaN where a score is unknown."""
    return table.scores.dropna(how="all").astype(float)


def study_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """The scores of a study's distinct cells; networks of another size than the benchmark's are left out.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.

    Returns:
        Indexed by official index, one float column a proxy, NaN where a score is unknown or not :func:`usable`; no
        rows for a study that records no cells.
    """
    names = [name for name in proxies.available() if name in frame]
    if "index" not in frame or not names:
        return pd.DataFrame(index=pd.Index([], name="index", dtype=int))
    channels, cells_per_stage = BENCHMARK_SIZE
    scored = (frame["state"] == "complete") & (frame["C"] == channels) & (frame["N"] == cells_per_stage)
    cells = frame[scored & frame["index"].notna()].drop_duplicates("index")
    scores = cells.astype({"index": int}).set_index("index")[names].astype(float)
    return usable(scores).dropna(axis="columns", how="all")


def with_sizes(scores: pd.DataFrame, dataset: str) -> pd.DataFrame:
    """The scores, with params and flops where they are not among them: a cell's size needs no network to be known.

    Args:
        scores: indexed by official index.
        dataset: whose classes the networks tell apart.
    """
    counted = "cifar10" if dataset == "cifar10-valid" else dataset
    sizes = architectures_table().set_index("index")[[f"params:{counted}", f"flops_m:{counted}"]]
    sizes = sizes.set_axis(["params", "flops"], axis="columns").astype(float).reindex(scores.index)
    return scores.join(sizes[[name for name in sizes if name not in scores]])


def cell_classes() -> pd.Series[float]:
    """The class of each cell, by official index; NaN for a disconnected one."""
    classes = pd.array(class_indices(), dtype="Int64")
    return pd.Series(classes, index=pd.RangeIndex(len(classes), name="index")).astype("Float64")


def seconds_a_class(table: ScoreTable) -> float | None:
    """Mean time that one class of a table took with all its proxies together; None where none needed a network."""
    passes = [name for name in table.scores if not proxies.get(str(name)).literal]
    scored = table.scores[passes].notna().any(axis="columns")
    classes = cell_classes()[scored].nunique()
    return table.provenance.seconds / classes if classes else None
