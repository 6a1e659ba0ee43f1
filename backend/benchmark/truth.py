"""Look up what an architecture of NAS-Bench-201 reached when it was trained, and what it costs."""

from functools import cache
from math import isnan
from operator import index as as_integer
from typing import Final, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.benchmark.datasets import DATASETS, check_dataset
from backend.benchmark.fields import EPOCHS, check_epochs, truth_fields
from backend.benchmark.tables import architectures_table, runs_table
from backend.cells import NUM_CELLS, Cell
from backend.errors import UserError

OPTIMA: Final[dict[str, float]] = {
    "cifar10": 94.37333333333333,
    "cifar10-valid": 91.52333333,
    "cifar100": 73.51333326009114,
    "ImageNet16-120": 47.31111105685764,
}
"""The best test accuracy (%) of all architectures after 200 epochs, per dataset."""

Fields: TypeAlias = tuple[str, ...]


def query(cell: Cell | SupportsIndex, dataset: str, epochs: int = 200) -> dict[str, float | None]:
    """The training result of an architecture, under the official API's field names.

    Safe in several threads; a few microseconds once the table is read.

    Args:
        cell: a cell or its official index, 0 to 15,624.
        dataset: one of ``DATASETS``.
        epochs: 12 or 200, the length of the training.

    Returns:
        ``<split>-loss`` (nats), ``<split>-accuracy`` (%), ``<split>-per-time`` (seconds an epoch) and
        ``<split>-all-time`` (seconds in all) for the splits that the official API gives for the dataset; None where the
        bundled table has no value. ``truth_fields`` describes them, ``release`` tells their origin.

    Raises:
        UserError: unknown dataset, epochs or index.
    """
    names, results = _results(check_dataset(dataset), check_epochs(epochs))
    values = results[_index(cell)].tolist()
    return {name: None if isnan(value) else value for name, value in zip(names, values, strict=True)}


def architecture(cell: Cell | SupportsIndex) -> dict[str, str | int | float | None]:
    """Size and hardware cost of an architecture: a row of ``architectures_table``, None for NaN.

    Raises:
        UserError: the index is not 0 to 15,624.
    """
    row = _index(cell)
    return {name: column[row] for name, column in _architecture_columns().items()}


def _index(cell: Cell | SupportsIndex) -> int:
    if isinstance(cell, Cell):
        return cell.index
    try:
        index = as_integer(cell)
    except TypeError:
        raise UserError(f"cell {cell!r} is neither a Cell nor an index") from None
    if not 0 <= index < NUM_CELLS:
        raise UserError(f"cell index {index} is out of range; valid are 0 to {NUM_CELLS - 1}")
    return index


@cache
def _results(dataset: str, epochs: int) -> tuple[Fields, NDArray[np.float64]]:
    """Field names, and their values as an array (architectures, fields)."""
    runs = runs_table()
    first = (EPOCHS.index(epochs) * len(DATASETS) + DATASETS.index(dataset)) * NUM_CELLS
    columns = runs.iloc[first : first + NUM_CELLS].to_dict("series")
    # "valtest" is both halves, and takes the time of both; the table has no accuracy or loss for it.
    columns["valtest-per-time"] = columns["valid-per-time"] + columns["test-per-time"]
    for split in ("train", "valid", "test", "valtest"):
        columns[f"{split}-all-time"] = columns[f"{split}-per-time"] * epochs
    names = tuple(field.name for field in truth_fields(dataset))
    missing = np.full(NUM_CELLS, np.nan)
    results = np.column_stack([columns.get(name, missing) for name in names]).astype(np.float64)
    results.setflags(write=False)
    return names, results


@cache
def _architecture_columns() -> dict[str, list[str | int | float | None]]:
    table = architectures_table()
    return {str(name): column.astype(object).where(column.notna(), None).tolist() for name, column in table.items()}
