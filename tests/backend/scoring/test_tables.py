"""Score tables: what is written is read, and nothing is taken for what it is not."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend import proxies
from backend.errors import UserError
from backend.scoring.tables import (
    Provenance,
    ScoreTable,
    bundled_table,
    list_tables,
    read_table,
    write_table,
)
from backend.spaces.nas_bench_201.cell import NUM_CELLS
from tests.score_tables import SWEEP, write_sweep_table


@pytest.fixture
def table() -> ScoreTable:
    values = np.random.default_rng(0).normal(size=(NUM_CELLS, 2))
    values[7] = np.nan
    scores = pd.DataFrame(values, columns=["snip", "log_synflow"]).rename_axis("index")
    versions = {name: proxies.get(name).version for name in scores}
    return ScoreTable(scores, Provenance("cifar10", 64, 0, "64 images.", versions, {"torch": "2"}, "a machine", 1.5))


def test_a_table_is_read_as_it_was_written(table: ScoreTable, tmp_path: Path) -> None:
    path = tmp_path / "scores.parquet"
    write_table(table, path)
    again = read_table(path)
    pd.testing.assert_frame_equal(again.scores, table.scores, check_exact=True)
    assert again.provenance == table.provenance
    assert [file.name for file in tmp_path.iterdir()] == ["scores.parquet"]


def test_scores_of_another_definition_are_left_out(
    table: ScoreTable, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    versions = {**table.provenance.proxy_versions, "snip": proxies.get("snip").version + 1}
    write_table(replace(table, provenance=replace(table.provenance, proxy_versions=versions)), tmp_path / "t.parquet")
    assert list(read_table(tmp_path / "t.parquet").scores) == ["log_synflow"]
    assert "snip: not of this installation's definitions" in caplog.text


def test_what_is_no_score_table_is_refused(table: ScoreTable, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.parquet: no such file"):
        read_table(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("no table")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "foreign.parquet")
    for name in ("text.parquet", "foreign.parquet"):
        with pytest.raises(UserError, match=f"{name}: is not one"):
            read_table(tmp_path / name)
    write_table(replace(table, scores=table.scores.head(9)), tmp_path / "short.parquet")
    with pytest.raises(UserError, match="not one row for each of the 15625 cells"):
        read_table(tmp_path / "short.parquet")


def test_a_data_set_without_a_bundled_table_is_named() -> None:
    with pytest.raises(UserError, match="no score table of 'mnist' is bundled"):
        bundled_table("mnist")


def test_the_tables_of_finished_sweeps_are_listed_after_those_bundled(table: ScoreTable, tmp_path: Path) -> None:
    assert all(file.bundled for file in list_tables(tmp_path / "sweeps"))
    newest = write_sweep_table(tmp_path)
    old = tmp_path / "sweeps" / "cifar100-00" / "table" / "scores.parquet"
    old.parent.mkdir(parents=True)
    write_table(table, old)
    os.utime(old, (0, 0))
    (tmp_path / "sweeps" / "in work").mkdir()
    own = [file for file in list_tables(tmp_path / "sweeps") if not file.bundled]
    assert [(file.name, file.path) for file in own] == [(SWEEP, newest), ("cifar100-00", old)]
    assert set(read_table(own[0].path).scores) == {"params", "flops", "l2_norm"}
