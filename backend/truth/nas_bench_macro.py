"""What NAS-Bench-Macro measured: the accuracies of three trainings of each of its 6,561 networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from backend.data import DATA_DIR
from backend.spaces.base import Architecture
from backend.spaces.capabilities import HasTruth
from backend.spaces.nas_bench_macro.architecture import MacroArchitecture
from backend.spaces.nas_bench_macro.options import TRAINED_ON, NasBenchMacroSection
from backend.spaces.truth_tasks import TruthField, TruthTask

RELEASE: Final = "NAS-Bench-Macro"
DATASET: Final = TRAINED_ON
(EPOCHS,) = NasBenchMacroSection.trained_epochs

_IMAGES: Final = "the 10,000 test images of CIFAR-10"
_ACCURACY: Final = TruthField("test-accuracy", "Test accuracy", "%", _IMAGES)
_DEVIATION: Final = TruthField(
    "test-accuracy-std", "Test accuracy, deviation of three trainings", "%", _IMAGES, "minimize"
)
_HELP: Final = (
    "Mean of three trainings. Of each the best of 50 epochs on the test images themselves counts, so the numbers are "
    "optimistic."
)
_RUNS: Final = ("accuracy_0", "accuracy_1", "accuracy_2")


class NasBenchMacroTruth(HasTruth):
    """Accuracies on CIFAR-10; how long the trainings took is not known."""

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """The one task."""
        return (_task(),)

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """Mean and standard deviation of the three trainings, ``{"50": fields}``; None on other data sets."""
        assert isinstance(architecture, MacroArchitecture)
        if dataset != DATASET:
            return None
        return {str(EPOCHS): dict(_records()[architecture.index])}

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """Test accuracy, and its deviation between trainings."""
        return (_ACCURACY, _DEVIATION) if dataset == DATASET else ()

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Test accuracy (%) by index: the mean of three trainings."""
        return _statistics()[self.task(dataset, epochs).field.name]

    def repeats(self, dataset: str, epochs: int) -> pd.DataFrame:
        """The three trainings of each architecture, by index."""
        self.task(dataset, epochs)
        return _read()[list(_RUNS)].astype(float).rename_axis("index")

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """NaN by index: the benchmark does not say it."""
        return pd.Series(np.nan, index=self.values(dataset, epochs).index)


def runs_table() -> pd.DataFrame:
    """The trainings of each architecture, in the order of indices.

    Columns: architecture (the code), accuracy_0 to accuracy_2 (test accuracy of the best of 50 epochs, %), params
    (count) and flops (multiply-accumulates), all as the benchmark publishes them.
    """
    return _read().copy(deep=False)


@cache
def _read() -> pd.DataFrame:
    return pd.read_parquet(DATA_DIR / "nas_bench_macro.parquet")


@cache
def _statistics() -> pd.DataFrame:
    runs = _read()[list(_RUNS)].astype(float).rename_axis("index")
    columns = {_ACCURACY.name: runs.mean(axis="columns"), _DEVIATION.name: runs.std(axis="columns", ddof=1)}
    return pd.DataFrame(columns)


@cache
def _records() -> list[dict[str, float | None]]:
    return _statistics().to_dict("records")  # type: ignore[return-value]


@cache
def _task() -> TruthTask:
    noise = float(np.sqrt((_statistics()[_DEVIATION.name] ** 2).mean()))
    return TruthTask(DATASET, EPOCHS, _ACCURACY, RELEASE, noise, _HELP)
