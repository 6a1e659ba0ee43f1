"""Everything that the benchmark recorded of one cell, as tables."""

from typing import SupportsIndex

import pandas as pd

from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.spaces.truth_tasks import TruthField
from backend.truth.fields import EPOCHS, truth_fields
from backend.truth.imported import MEAN, imported_releases
from backend.truth.lookup import query, release


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
        for dataset in TRAINED_ON
        for epochs in EPOCHS
        for result in [query(cell, dataset, epochs)]
        for field in truth_fields(dataset)
    ]
    return pd.DataFrame(rows).astype({"value": float})


def training_runs(cell: Cell | SupportsIndex, dataset: str, epochs: int) -> pd.DataFrame:
    """Each training run of a cell in the imported releases, and the mean of a release's runs.

    Args:
        cell: a cell or its official index.
        dataset: one of ``TRAINED_ON``.
        epochs: 12 or 200.

    Returns:
        One row a run and one a mean: release, seed ("111", …, or "mean"), and the official fields of the dataset (NaN:
        not in the release). No rows where no release of the cell was imported.

    Raises:
        UserError: unknown dataset, epochs or index; a damaged table.
    """
    rows = []
    for item in imported_releases():
        for seed in (*item.seeds, None):
            values = query(cell, dataset, epochs, release=item.release, seed=seed)
            if any(value is not None for value in values.values()):
                rows.append({"release": item.release, "seed": MEAN if seed is None else str(seed), **values})
    names = [field.name for field in truth_fields(dataset)]
    return pd.DataFrame(rows, columns=["release", "seed", *names]).astype(dict.fromkeys(names, float))


def _field_row(dataset: str, epochs: int, field: TruthField, value: float | None) -> dict[str, str | float | None]:
    return {
        "field": field.name,
        "label": field.label,
        "value": value,
        "unit": field.unit,
        "release": release(dataset, epochs, field.name) or "",
        "images": field.images,
    }
