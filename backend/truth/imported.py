"""The tables of imported releases, in the installation's folder.

A table has a row a run, and one for the mean of an architecture's runs with one dataset and number of epochs: long
rather than wide, since architectures have from one to three runs, and a column for each seed would be half empty. The
rows of one number of epochs and one dataset are a row group of their own, in the order of the architectures, so that
a query reads an eighth of the file; times, which are the same for all seeds, are stored once by Parquet's dictionaries.
"""

import json
import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from backend.errors import StorageError, UserError
from backend.settings import HOME_VARIABLE, home, make_folder
from backend.spaces.nas_bench_201.cell import NUM_CELLS
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.truth.fields import EPOCHS
from backend.truth.tables import TABLE_NAMES, find_release

MEAN: Final = "mean"

_METADATA: Final = b"proxyscope"
_KEYS: Final = ["epochs", "dataset", "index"]
_SPLITS: Final = ("train", "valid", "test", "valtest")
_COSTS: Final = ("flops", "params", "latency")


@dataclass(frozen=True)
class ImportedRelease:
    """A release that has been imported.

    Attributes:
        release: its name.
        architectures: how many of the 15,625 are in the table.
        rows: of the table.
        seeds: the seeds of its runs.
        source: the name of the file or folder that was imported last.
        imported_at: when, as an ISO date and time in UTC.
        path: the table.
    """

    release: str
    architectures: int
    rows: int
    seeds: tuple[int, ...]
    source: str
    imported_at: str
    path: Path


def table_path(release: str) -> Path:
    """Where a release's table is, or will be."""
    return _folder() / f"{TABLE_NAMES[release]}.parquet"


def imported_releases() -> list[ImportedRelease]:
    """The releases that have been imported, the one with the most architectures first.

    Raises:
        UserError: a table cannot be read.
    """
    found = [_read_about(release, path) for release in TABLE_NAMES if (path := table_path(release)).is_file()]
    return sorted(found, key=lambda item: -item.architectures)


def check_tables() -> None:
    """See that a table can be written, before a release is read for minutes.

    Raises:
        StorageError: the folder cannot be made or written to.
        UserError: a table that is there cannot be read.
    """
    make_folder(_folder())
    imported_releases()


def imported_table(release: str) -> pd.DataFrame:
    """The table of an imported release, sorted by epochs, dataset, index and seed.

    Columns: release, dataset, epochs (12 or 200), index, seed ("mean", "111", …), the official fields
    ``<split>-loss`` (nats), ``<split>-accuracy`` (%), ``<split>-per-time`` and ``<split>-all-time`` (seconds) for the
    splits train, valid, test and valtest, and flops (millions of multiply-accumulates), params (millions), latency
    (seconds a batch); NaN where the release has no value.

    Args:
        release: its name, or a part of it.

    Raises:
        UserError: the release has not been imported, or its table cannot be read.
    """
    path = table_path(find_release(release))
    if not path.is_file():
        raise UserError(f"release {release!r} has not been imported; `python -m backend import-benchmark FILE` does it")
    return _read(path)


def stamp() -> int:
    """A number that changes whenever a table is written or removed."""
    try:
        return os.stat(_folder_name(os.environ.get(HOME_VARIABLE))).st_mtime_ns  # noqa: PTH116, a query has microseconds
    except OSError:
        return 0


def read_columns(release: str, dataset: str, epochs: int, seed: str) -> dict[str, NDArray[np.float64]]:
    """The official fields of all architectures, by official index; NaN where the table has none.

    Args:
        release: an imported one.
        dataset: one of ``TRAINED_ON``.
        epochs: 12 or 200.
        seed: a seed, or ``MEAN``.

    Raises:
        UserError: the table cannot be read.
    """
    path = table_path(release)
    try:
        with pq.ParquetFile(path) as file:
            groups = json.loads(file.schema_arrow.metadata[_METADATA])["groups"]
            if [epochs, dataset] not in groups:
                return {}
            frame = file.read_row_group(groups.index([epochs, dataset])).to_pandas()
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path) from error
    frame = frame[frame["seed"] == seed]
    columns = {}
    for name in frame.columns.difference(["release", "dataset", "epochs", "index", "seed"]):
        columns[str(name)] = np.full(NUM_CELLS, np.nan)
        columns[str(name)][frame["index"]] = frame[name]
    return columns


def write(release: str, runs: pd.DataFrame, source: str) -> int:
    """Put runs into a release's table, in place of those that it has of the same architectures.

    Args:
        release: of all runs.
        runs: one a row: index, dataset, epochs, seed, and the values of ``importing.records.VALUES``.
        source: name of the file or folder that they come from.

    Returns:
        How many rows the runs make, their means among them.

    Raises:
        StorageError: the table cannot be written.
        UserError: the table that is there cannot be read.
    """
    new = _with_means(runs)
    new.insert(0, "release", release)
    path = table_path(release)
    table = new
    if path.is_file():
        old = _read(path)
        table = pd.concat([old[~old["index"].isin(new["index"])], new])
    _write_whole(_sorted(table), path, source)
    return len(new)


def _with_means(runs: pd.DataFrame) -> pd.DataFrame:
    """The runs and their means, with the time of an epoch beside that of all, and seeds as text."""
    values = runs.columns.difference([*_KEYS, "seed"])
    groups = runs.groupby(_KEYS, observed=True, sort=False)
    # As the official API: no mean where a run lacks the value, but of the latencies that were measured.
    means = groups[list(values)].mean(skipna=False)
    means["latency"] = groups["latency"].mean()
    table = pd.concat([means.reset_index().assign(seed=MEAN), runs.assign(seed=runs["seed"].astype(str))])
    for split in _SPLITS:
        table[f"{split}-per-time"] = table[f"{split}-all-time"] / table["epochs"]
    fields = [f"{split}-{quantity}" for split in _SPLITS for quantity in ("loss", "accuracy", "per-time", "all-time")]
    return table[[*_KEYS, "seed", *fields, *_COSTS]]


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    seeds = sorted(set(table["seed"]) - {MEAN}, key=int)
    return table.assign(
        release=table["release"].astype("category"),
        dataset=pd.Categorical(table["dataset"], TRAINED_ON),
        seed=pd.Categorical(table["seed"], [MEAN, *seeds], ordered=True),
    ).sort_values([*_KEYS, "seed"], ignore_index=True)


def _write_whole(table: pd.DataFrame, path: Path, source: str) -> None:
    """Write the table so that it is seen whole or not at all."""
    parts = {
        (epochs, dataset): part
        for epochs in EPOCHS
        for dataset in TRAINED_ON
        if len(part := table[(table["epochs"] == epochs) & (table["dataset"] == dataset)])
    }
    about = {
        "release": str(table["release"].iloc[0]),
        "architectures": int(table["index"].nunique()),
        "rows": len(table),
        "seeds": [int(seed) for seed in table["seed"].cat.categories if seed != MEAN],
        "source": source,
        "imported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "groups": list(parts),
    }
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    schema = schema.with_metadata({**(schema.metadata or {}), _METADATA: json.dumps(about).encode()})
    partial = path.with_name(f"{path.stem}-{uuid.uuid4().hex[:12]}.partial")
    try:
        try:
            with pq.ParquetWriter(partial, schema, compression="zstd", compression_level=9) as writer:
                for part in parts.values():
                    writer.write_table(pa.Table.from_pandas(part, schema=schema, preserve_index=False))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(f"storage: cannot write {path}: {error.strerror or error}") from None


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException, ValueError) as error:
        raise _unreadable(path) from error


def _read_about(release: str, path: Path) -> ImportedRelease:
    try:
        about = json.loads(pq.read_schema(path).metadata[_METADATA])
        return ImportedRelease(
            release,
            about["architectures"],
            about["rows"],
            tuple(about["seeds"]),
            about["source"],
            about["imported_at"],
            path,
        )
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> UserError:
    return UserError(f"imported table {path}: is damaged; delete it and import the release again")


def _folder() -> Path:
    return home() / "benchmark"


@lru_cache(maxsize=8)
def _folder_name(home_variable: str | None) -> str:
    del home_variable
    return str(_folder())
