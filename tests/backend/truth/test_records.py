"""Everything recorded of one cell."""

import math
from pathlib import Path

import pytest

from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.fields import truth_fields
from backend.truth.importing.release_import import import_release
from backend.truth.lookup import query, release
from backend.truth.records import training_records, training_runs

DATA = Path(__file__).parents[2] / "data"


def test_every_field_of_every_training_is_there_with_its_release() -> None:
    table = training_records(Cell.from_index(11))
    assert len(table) == 2 * sum(len(truth_fields(dataset)) for dataset in TRAINED_ON)
    for row in table.itertuples():
        value = query(11, row.dataset, row.epochs)[row.field]
        assert math.isnan(row.value) if value is None else row.value == value
        assert row.release == (release(row.dataset, row.epochs, row.field) or "")
    assert table["images"].str.len().min() > 0


def test_each_run_of_an_imported_release_stands_beside_the_mean() -> None:
    assert training_runs(11, "cifar100", 200).empty
    import_release(DATA / "nas_bench_201_three_archs.pth")
    import_release(DATA / "NATS-tss-v1_0-3ffb9-simple")
    table = training_runs(11, "cifar100", 200)
    for name, runs in table.groupby("release"):
        seeds = runs["seed"].tolist()
        assert seeds[-1] == "mean"
        assert len(seeds) > 2
        for row in runs.set_index("seed").to_dict("index").items():
            seed, values = row
            known = query(11, "cifar100", 200, release=str(name), seed=None if seed == "mean" else int(seed))
            assert {field: values[field] for field in known} == known
        accuracies = runs["test-accuracy"]
        assert accuracies.iloc[:-1].mean() == pytest.approx(accuracies.iloc[-1])
    assert table["release"].nunique() == 2
    assert training_runs(12, "cifar100", 200).empty


def test_an_index_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="cell index 15625 is out of range"):
        training_records(15_625)
