"""Everything that the benchmark recorded of one cell, as tables."""

from typing import SupportsIndex

import pandas as pd

from backend.benchmark.datasets import DATASETS
from backend.benchmark.fields import EPOCHS, TruthField, truth_fields
from backend.benchmark.truth import query, release
from backend.cells import Cell


def training_records(cell: Cell | SupportsIndex) -> pd.DataFrame:
    """Every field of every training of a cell.

    Args:
        cell: a cell or its official index.

    Returns:
        One row for each dataset, number of epochs and official field: dataset, epochs, field, label, value (NaN: not in
        the table), unit, release ("": no table has the field), images.

    Raises:
        UserError: the index is not 0 to 15,624.
    """
    rows = [
        {"dataset": dataset, "epochs": epochs, **_field_row(dataset, epochs, field, result[field.name])}
        for dataset in DATASETS
        for epochs in EPOCHS
        for result in [query(cell, dataset, epochs)]
        for field in truth_fields(dataset)
    ]
    return pd.DataFrame(rows).astype({"value": float})


def _field_row(dataset: str, epochs: int, field: TruthField, value: float | None) -> dict[str, str | float | None]:
    return {
        "field": field.name,
        "label": field.label,
        "value": value,
        "unit": field.unit,
        "release": release(dataset, epochs, field.name) or "",
        "images": field.images,
    }
