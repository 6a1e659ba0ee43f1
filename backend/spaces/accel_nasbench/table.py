"""The architectures that Accel-NASBench trained and measured, as the benchmark publishes them."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.data import DATA_DIR
from backend.spaces.accel_nasbench.architecture import AccelArchitecture

SLOWEST: Final = 6_000.0
"""Seconds: trainings that are said to have taken longer were held up by their machine."""


def runs_table() -> pd.DataFrame:
    """Trainings and measurements, a row each; 13 of the architectures have two.

    Columns: architecture, file (number of the published file), val_top1 and val_top5 (%), train_time_s, params, macs
    (as the benchmark counts them), and latencies (ms) and throughputs (images/s) by device, some of them with _std;
    NaN where a device has none.
    """
    return _read().copy(deep=False)


def means() -> pd.DataFrame:
    """The numbers of each architecture, by its key, in the order of the published files; means where there are two.

    Times of trainings longer than :data:`SLOWEST` are left out.
    """
    return _means().copy(deep=False)


def rows() -> tuple[list[AccelArchitecture], NDArray[np.int8]]:
    """The architectures of the table, and (architectures, parameters) the values of their parameters."""
    return _rows()


@cache
def _read() -> pd.DataFrame:
    return pd.read_parquet(DATA_DIR / "accel_nasbench.parquet")


@cache
def _means() -> pd.DataFrame:
    runs = _read().drop(columns="file").set_index("architecture").astype(float)
    runs["train_time_s"] = runs["train_time_s"].where(runs["train_time_s"] <= SLOWEST)
    return runs.groupby(level=0, sort=False).mean().rename_axis("index")


@cache
def _rows() -> tuple[list[AccelArchitecture], NDArray[np.int8]]:
    architectures = [AccelArchitecture.parse(str(key)) for key in _means().index]
    return architectures, np.array([list(item.params.values()) for item in architectures], dtype=np.int8)
