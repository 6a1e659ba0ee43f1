"""The bundled benchmark tables as DataFrames."""

from functools import cache

import pandas as pd

from backend.data import DATA_DIR


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
        dataset: one of ``backend.benchmark.DATASETS``.
        epochs: 12 or 200.
    """
    runs = _read("nas_bench_201_runs.parquet")
    rows = runs[(runs["dataset"] == dataset) & (runs["epochs"] == epochs)]
    return rows.set_index("index")["test-accuracy"].rename("test-accuracy")


# Threads that come first at the same time may each read the file; they get equal tables.
@cache
def _read(file: str) -> pd.DataFrame:
    return pd.read_parquet(DATA_DIR / file)
