"""A score table of real values at little cost: sizes of all connected cells, and the weight norm of some classes."""

import platform
from functools import cache
from pathlib import Path

import pandas as pd

from backend import proxies
from backend.scoring import Scorer
from backend.scoring.tables import SWEEP_TABLE, Provenance, ScoreTable, write_table
from backend.spaces.nas_bench_201.cell import Cell, class_indices
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.truth.tables import architectures_table

SWEEP = "cifar10-0123456789abcdef"
_CLASSES = 60


@cache
def cheap_table() -> ScoreTable:
    """Params, flops and l2_norm on cifar10; the norm is NaN for the cells of all but the first classes."""
    classes = pd.Series(pd.array(class_indices(), dtype="Int64"))
    sizes = architectures_table()[["params:cifar10", "flops_m:cifar10"]].set_axis(["params", "flops"], axis="columns")
    sizes = sizes.astype(float).where(classes.notna(), axis="index")
    scorer = Scorer("cifar10", ["l2_norm"], batch_size=2, device="cpu")
    some = sorted(classes.dropna().unique())[:_CLASSES]
    norms = {index: scorer.score(CellArchitecture(Cell.from_index(int(index))))["l2_norm"] for index in some}
    scores = sizes.assign(l2_norm=classes.map(norms).astype(float)).rename_axis("index")
    versions = {str(name): proxies.get(str(name)).version for name in scores}
    software = {"python": platform.python_version()}
    return ScoreTable(
        scores, Provenance("cifar10", 2, 0, scorer.batch.description, versions, software, "a CPU", len(some) * 0.5)
    )


def write_sweep_table(home: Path, table: ScoreTable | None = None) -> Path:
    """Write a table, the cheap one if none is given, to where a sweep of this installation would."""
    path = home / "sweeps" / SWEEP / SWEEP_TABLE
    path.parent.mkdir(parents=True, exist_ok=True)
    write_table(table or cheap_table(), path)
    return path
