"""Everything recorded of one cell."""

import math

import pytest

from backend.benchmark import DATASETS, query, release, truth_fields
from backend.benchmark.records import training_records
from backend.cells import Cell


def test_every_field_of_every_training_is_there_with_its_release() -> None:
    table = training_records(Cell.from_index(11))
    assert len(table) == 2 * sum(len(truth_fields(dataset)) for dataset in DATASETS)
    for row in table.itertuples():
        value = query(11, row.dataset, row.epochs)[row.field]
        assert math.isnan(row.value) if value is None else row.value == value
        assert row.release == (release(row.dataset, row.epochs, row.field) or "")
    assert table["images"].str.len().min() > 0


def test_an_index_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="cell index 15625 is out of range"):
        training_records(15_625)
