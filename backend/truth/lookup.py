"""Look up what an architecture of NAS-Bench-201 reached when it was trained, and what it costs."""

from functools import cache, lru_cache
from math import isnan
from operator import index as as_integer
from typing import Final, NamedTuple, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import NUM_CELLS, Cell
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth import imported
from backend.truth.fields import EPOCHS, check_epochs, check_trained, truth_fields
from backend.truth.tables import architectures_table, bundled_release, find_release, runs_table

OPTIMA: Final[dict[str, float]] = {
    "cifar10": 94.37333333333333,
    "cifar10-valid": 91.52333333,
    "cifar100": 73.51333326009114,
    "ImageNet16-120": 47.31111105685764,
}
"""The best test accuracy (%) of all architectures after 200 epochs, per dataset."""


def query(
    cell: Cell | SupportsIndex,
    dataset: str,
    epochs: int = 200,
    *,
    release: str | None = None,
    seed: int | None = None,
) -> dict[str, float | None]:
    """The training result of an architecture, under the official API's field names.

    Each field is from one release for all architectures, which ``field_releases`` tells: the bundled table's if it has
    the field, else the imported one with the most architectures, of equals the one that the bundled test accuracies
    are from. Safe in several threads; a few microseconds once the table is read.

    Args:
        cell: a cell or its official index, 0 to 15,624.
        dataset: one of ``TRAINED_ON``.
        epochs: 12 or 200, the length of the training.
        release: an imported release, to take all fields from it; a part of its name will do.
        seed: a seed, to take one run of an imported release; without it, the mean of the runs.

    Returns:
        ``<split>-loss`` (nats), ``<split>-accuracy`` (%), ``<split>-per-time`` (seconds an epoch) and
        ``<split>-all-time`` (seconds in all) for the splits that the official API gives for the dataset; None where
        there is no value. ``truth_fields`` describes them.

    Raises:
        UserError: unknown dataset, epochs or index; a release or seed that is not imported; a damaged table.
    """
    found = _answers(check_trained(dataset), check_epochs(epochs), release, seed, imported.stamp())
    values = found.values[_index(cell)].tolist()
    return {name: None if isnan(value) else value for name, value in zip(found.names, values, strict=True)}


def field_releases(
    dataset: str, epochs: int, *, release: str | None = None, seed: int | None = None
) -> dict[str, str | None]:
    """The release that ``query`` takes each field from; None where no table has the field.

    Raises:
        UserError: as ``query``.
    """
    found = _answers(check_trained(dataset), check_epochs(epochs), release, seed, imported.stamp())
    return dict(zip(found.names, found.releases, strict=True))


def release(dataset: str, epochs: int, field: str) -> str | None:
    """The release that ``query`` takes one field from; None where no table has it.

    Raises:
        UserError: unknown dataset, epochs, or a field that the dataset has not.
    """
    found = field_releases(dataset, epochs)
    if field not in found:
        raise UserError(f"field {field!r} is not one of {dataset}; valid are {', '.join(found)}")
    return found[field]


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


Columns: TypeAlias = dict[str, NDArray[np.float64]]


class _Answers(NamedTuple):
    """What is known for a dataset and a number of epochs.

    Attributes:
        names: of the fields.
        values: (architectures, fields).
        releases: where each field is from.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    releases: tuple[str | None, ...]


@lru_cache(maxsize=32)
def _answers(dataset: str, epochs: int, release: str | None, seed: int | None, stamp: int) -> _Answers:
    del stamp  # another one means that tables have changed
    columns: Columns = {}
    origins: dict[str, str] = {}
    if release is None and seed is None:
        columns = _bundled(dataset, epochs)
        origins = {name: bundled_release(dataset, epochs, name) for name in columns}
    preferred = bundled_release(dataset, epochs, "test-accuracy")
    there = sorted(_asked(release, seed), key=lambda item: (-item.architectures, item.release != preferred))
    for name in (item.release for item in there):
        of_release = imported.read_columns(name, dataset, epochs, imported.MEAN if seed is None else str(seed))
        for field, column in of_release.items():
            if field not in columns and not np.isnan(column).all():
                columns[field], origins[field] = column, name
        if columns and seed is not None:
            break  # one run, not fields of several
    names = tuple(field.name for field in truth_fields(dataset))
    missing = np.full(NUM_CELLS, np.nan)
    values = np.column_stack([columns.get(name, missing) for name in names]).astype(np.float64)
    values.setflags(write=False)
    return _Answers(names, values, tuple(map(origins.get, names)))


def _asked(release: str | None, seed: int | None) -> list[imported.ImportedRelease]:
    """The imported releases to ask.

    Raises:
        UserError: one is asked for that is not there.
    """
    there = imported.imported_releases()
    names = ", ".join(item.release for item in there) or "none yet; `python -m backend import-benchmark FILE` does it"
    if release is not None:
        name = find_release(release)
        there = [item for item in there if item.release == name]
        if not there:
            raise UserError(f"release {name} has not been imported; imported are {names}")
    if seed is not None:
        seeds = sorted({seed for item in there for seed in item.seeds})
        there = [item for item in there if seed in item.seeds]
        if not there:
            known = f"there are {', '.join(map(str, seeds))}" if seeds else f"imported are {names}"
            raise UserError(f"seed {seed!r} is not in an imported release; {known}")
    return there


def _bundled(dataset: str, epochs: int) -> Columns:
    """The fields that the bundled table has."""
    runs = runs_table()
    first = (EPOCHS.index(epochs) * len(TRAINED_ON) + TRAINED_ON.index(dataset)) * NUM_CELLS
    columns = runs.iloc[first : first + NUM_CELLS].drop(columns=["dataset", "epochs", "index"]).to_dict("series")
    # "valtest" is both halves, and takes the time of both; the table has no accuracy or loss for it.
    columns["valtest-per-time"] = columns["valid-per-time"] + columns["test-per-time"]
    for split in ("train", "valid", "test", "valtest"):
        columns[f"{split}-all-time"] = columns[f"{split}-per-time"] * epochs
    return {str(name): column.to_numpy(np.float64) for name, column in columns.items() if column.notna().any()}


@cache
def _architecture_columns() -> dict[str, list[str | int | float | None]]:
    table = architectures_table()
    return {str(name): column.astype(object).where(column.notna(), None).tolist() for name, column in table.items()}
