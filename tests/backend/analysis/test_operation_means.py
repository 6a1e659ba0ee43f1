"""Means by edge and operation, against the whole space."""

import numpy as np
import pandas as pd
import pytest

from backend import truth as benchmark
from backend.analysis.importance import choice_means
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, enumerate_cells
from backend.spaces.nas_bench_201.space import NasBench201

ACCURACY = "200:test-accuracy"
PARAMETERS = NasBench201().parameters


def trials(indices: list[int], states: list[str] | None = None) -> pd.DataFrame:
    truth = benchmark.test_accuracy("cifar10", 200)
    cells = [enumerate_cells()[index] for index in indices]
    rows = [
        {f"op_{target}_{source}": op for (source, target), op in zip(EDGES, cell.operations, strict=True)}
        for cell in cells
    ]
    frame = pd.DataFrame(rows).assign(architecture=[str(cell) for cell in cells])
    frame[ACCURACY] = truth[[cell.index for cell in cells]].to_numpy()
    return frame.assign(state=states or "complete")


def test_over_the_whole_space_each_mean_is_that_of_its_3_125_cells() -> None:
    frame = trials(list(range(15_625)))
    means = choice_means(frame, ACCURACY, PARAMETERS)
    assert len(means) == 30
    assert (means["cells"] == 3_125).all()
    row = means[(means["edge"] == "0 → 3") & (means["operation"] == "skip_connect")].iloc[0]
    chosen = frame.loc[frame["op_3_0"] == "skip_connect", ACCURACY]
    assert row["mean"] == pytest.approx(chosen.mean(), rel=1e-12)
    assert row["spread"] == pytest.approx(chosen.std(), rel=1e-12)


def test_a_cell_counts_once_and_only_when_it_is_scored() -> None:
    frame = trials([0, 0, 1], ["complete", "complete", "infeasible"])
    means = choice_means(frame, ACCURACY, PARAMETERS)
    assert (means["cells"] == 1).all()
    assert len(means) == 6
    assert set(means["operation"]) <= set(OPERATIONS)
    assert np.allclose(means["mean"], frame[ACCURACY].iloc[0])


def test_trials_without_cells_have_none() -> None:
    assert choice_means(pd.DataFrame({"number": [0], "state": ["complete"], "value": [1.0]}), "value", PARAMETERS).empty
