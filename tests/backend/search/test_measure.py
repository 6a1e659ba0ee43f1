"""Searches on a table of scores: the same search as computing them, and clear words where the table does not fit."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from backend import proxies
from backend.config.advice import notices
from backend.errors import ConfigError
from backend.runs import launch
from backend.runs.execute import execute_run
from backend.scoring.tables import Provenance, ScoreTable, write_table
from backend.spaces.nas_bench_201.cell import NUM_CELLS
from backend.storage.database import Database
from backend.studies import list_studies, load_study, runs, trials_frame
from tests.conftest import cheap_config


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table of made-up scores."""
    names = ["l2_norm", "params", "flops"]
    scores = pd.DataFrame(np.random.default_rng(0).normal(size=(NUM_CELLS, 3)), columns=names).rename_axis("index")
    versions = {name: proxies.get(name).version for name in names}
    provenance = Provenance("cifar10", 64, 3, "64 images of somewhere.", versions, {}, "a machine", 1.0)
    path = tmp_path / "table.parquet"
    write_table(ScoreTable(scores, provenance), path)
    return path


def test_trials_have_the_tables_scores_and_the_run_says_so(database: Database, table: Path) -> None:
    config = cheap_config(runner={"scores": str(table)}, setup={"n_trials": 200, "sampler": "tpe"})
    launch.prepare(database, config, "a")
    execute_run(database, "a")
    frame = trials_frame(load_study(database, "a"))
    complete = frame[frame["state"] == "complete"]
    assert len(complete) == 200
    expected = pd.read_parquet(table).set_index("index").loc[complete["index"]]
    assert complete[["l2_norm", "params", "flops"]].to_numpy() == pytest.approx(expected.to_numpy(), abs=0)
    run = runs.read_run(database, load_study(database, "a")._study_id)
    assert run is not None
    assert "scored before, on a machine" in str(run.images)
    assert any("Scores come from a table" in line for line in notices(config))


@pytest.mark.parametrize(
    ("cells", "runner", "said"),
    [
        ({"dataset": ["cifar100"]}, {}, "of cifar10, not of cifar100"),
        ({"C": [8]}, {}, "C = 16 and N = 5"),
        ({}, {"metrics": ["snip", "l2_norm"]}, "has no snip; it has l2_norm, params, flops"),
        ({}, {"scores": "none.parquet"}, "none.parquet: no such file"),
    ],
)
def test_a_table_that_does_not_fit_is_named_and_nothing_is_made(
    database: Database, table: Path, cells: dict[str, Any], runner: dict[str, Any], said: str
) -> None:
    config = cheap_config(cells=cells, runner={"scores": str(table), **runner})
    with pytest.raises(ConfigError, match=r"^search\.strategy\.sw_runner\.zero_cost\.scores: ") as caught:
        launch.launch(database, config, "a")
    assert said in str(caught.value)
    assert list_studies(database) == []
