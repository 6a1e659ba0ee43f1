"""The bundled score tables: whole, of the present definitions, and in the order that the literature found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from backend import proxies
from backend import truth as benchmark
from backend.data import DATA_DIR
from backend.scoring import score_cell
from backend.scoring.tables import bundled_datasets, bundled_path, bundled_table, list_tables, read_provenance
from backend.spaces import registry
from backend.spaces.nas_bench_201.cell import Cell, class_indices

PUBLISHED = {
    "naswot_relu": (0.76, 0.84),
    "zico": (0.75, 0.83),
    "jacob_cov": (0.70, 0.80),
    "synflow": (0.72, 0.80),
    "snip": (0.55, 0.65),
    "grad_norm": (0.55, 0.65),
    "fisher": (0.36, 0.56),
}
"""Spearman with true accuracy on cifar10, as published; naswot_relu, jacob_cov and zico ± what the batch may change."""


@pytest.mark.parametrize("dataset", bundled_datasets())
def test_every_connected_cell_has_every_score(dataset: str) -> None:
    table = bundled_table(dataset)
    connected = pd.Series(class_indices()).notna()
    assert (table.scores.notna().to_numpy() == connected.to_numpy()[:, None]).all()
    assert np.isfinite(table.scores[connected].to_numpy()).all()
    assert table.provenance.proxy_versions == {name: proxies.get(name).version for name in table.scores}
    assert (table.provenance.batch_size, table.provenance.seed) == (64, 0)


@pytest.mark.parametrize("dataset", bundled_datasets())
def test_twins_share_their_scores(dataset: str) -> None:
    scores = bundled_table(dataset).scores
    shared = [name for name in scores if not proxies.get(str(name)).literal]
    classes = pd.Series(pd.array(class_indices(), dtype="Int64"))
    assert (scores.groupby(classes)[shared].nunique() == 1).all(axis=None)


@pytest.mark.parametrize("dataset", bundled_datasets())
def test_the_engine_still_gives_the_scores_of_the_table(dataset: str) -> None:
    cell = Cell.parse("|none~0|+|none~0|none~1|+|nor_conv_1x1~0|none~1|none~2|")
    names = ["l2_norm", "log_synflow", "naswot_relu", "grad_norm", "jacob_cov", "zen", "linear_regions"]
    scores = score_cell(cell, dataset, names, batch_size=64, seed=0, device="cpu")
    assert scores == pytest.approx(bundled_table(dataset).scores.loc[cell.index, names].to_dict(), rel=2e-3)


def test_tables_stand_in_the_benchmarks_order() -> None:
    assert bundled_datasets()[0] == "cifar10"
    paths = [bundled_path(dataset, space) for space in registry.available() for dataset in bundled_datasets(space)]
    assert set(paths) == set(DATA_DIR.glob("scores_*.parquet"))


def test_every_bundled_table_is_listed_under_a_name_of_its_own(tmp_path: Path) -> None:
    files = list_tables(tmp_path)
    assert len({file.name for file in files}) == len(files)
    for file in files:
        made = read_provenance(file.path)
        assert bundled_path(made.dataset, made.space) == file.path
        assert made.proxy_versions == {name: proxies.get(name).version for name in made.proxy_versions}


@pytest.mark.parametrize("name", PUBLISHED)
def test_proxies_rank_cells_as_the_literature_found(name: str) -> None:
    accuracy = benchmark.test_accuracy("cifar10", 200)
    low, high = PUBLISHED[name]
    assert low <= bundled_table("cifar10").scores[name].corr(accuracy, method="spearman") <= high
