"""The bundled tables of the benchmark, and the official releases that training results come from."""

from __future__ import annotations

from functools import cache
from typing import Final

import pandas as pd

from backend.data import DATA_DIR
from backend.errors import UserError

NAS_BENCH_201_V1_0: Final = "NAS-Bench-201-v1_0-e61699"
NAS_BENCH_201: Final = "NAS-Bench-201-v1_1-096897"
NATS_BENCH: Final = "NATS-Bench tss v1_0"

TABLE_NAMES: Final = {
    NATS_BENCH: "NATS-tss-v1_0-3ffb9",
    NAS_BENCH_201: NAS_BENCH_201,
    NAS_BENCH_201_V1_0: NAS_BENCH_201_V1_0,
}
"""The table that a release is imported into, without its ending."""


def find_release(text: str) -> str:
    """The release whose name has a text in it, in capitals or not.

    Raises:
        UserError: none, or more than one.
    """
    found = [name for name in TABLE_NAMES if text.lower() in name.lower()]
    if len(found) != 1:
        problem = "names more than one" if found and text else "is unknown"
        raise UserError(f"release {text!r} {problem}; releases are {', '.join(TABLE_NAMES)}")
    return found[0]


def bundled_release(dataset: str, epochs: int, field: str) -> str:
    """The release that the bundled table takes a field from.

    The releases differ where the older one has fewer than three seeds, by up to 2.2 points of accuracy.
    """
    nats = epochs == 200 and (dataset == "cifar10-valid" or field == "test-accuracy")
    return NATS_BENCH if nats else NAS_BENCH_201


def runs_table() -> pd.DataFrame:
    """Training results, one row for each (epochs, dataset, index), sorted in that order.

    Columns: dataset (categorical), epochs (12 or 200), index, and ``<split>-loss`` (nats), ``<split>-accuracy`` (%) and
    ``<split>-per-time`` (seconds an epoch) for the splits train, valid and test; NaN where the table has no value.

    Returns:
        A DataFrame of 125,000 rows that the caller may change: it shares memory with the cached one until then.
    """
    return _read("nas_bench_201_runs.parquet").copy(deep=False)


def architectures_table() -> pd.DataFrame:
    """Size and hardware cost of every architecture, one row an architecture, in the official order.

    Columns: index, arch, ``params:<dataset>`` (count), ``flops_m:<dataset>`` (millions of multiply-accumulates), and
    HW-NAS-Bench's ``hwnb_<dataset>_<device>_<quantity>`` (latency in ms, energy in mJ; NaN where the device does not
    support the architecture).

    Returns:
        A DataFrame of 15,625 rows that the caller may change: it shares memory with the cached one until then.
    """
    return _read("nas_bench_201_architectures.parquet").copy(deep=False)


def test_accuracy(dataset: str, epochs: int) -> pd.Series:
    """True test accuracy (%) of every architecture, indexed by official index.

    Args:
        dataset: one of ``backend.spaces.nas_bench_201.options.TRAINED_ON``.
        epochs: 12 or 200.
    """
    runs = _read("nas_bench_201_runs.parquet")
    rows = runs[(runs["dataset"] == dataset) & (runs["epochs"] == epochs)]
    return rows.set_index("index")["test-accuracy"].rename("test-accuracy")


# Threads that come first at the same time may each read the file; they get equal tables.
@cache
def _read(file: str) -> pd.DataFrame:
    return pd.read_parquet(DATA_DIR / file)
