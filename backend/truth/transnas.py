"""What TransNAS-Bench-101 measured: one training of each network for each of seven tasks on Taskonomy's images."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cache
from typing import ClassVar, Final

import numpy as np
import pandas as pd

from backend.data import DATA_DIR
from backend.spaces.base import Architecture
from backend.spaces.capabilities import HasTruth
from backend.spaces.transnas.architecture import MicroArchitecture, micro_cells, of_benchmark
from backend.spaces.transnas.backbone import TASKS
from backend.spaces.transnas.options import DEFAULT_TASK
from backend.spaces.truth_tasks import TruthField, TruthTask

RELEASE: Final = "TransNAS-Bench-101 v10141024"

_IMAGES: Final = "the validation images of Taskonomy"
_FIELDS: Final = {
    "class_scene": TruthField("class_scene", "Validation accuracy", "%", _IMAGES),
    "class_object": TruthField("class_object", "Validation accuracy", "%", _IMAGES),
    "room_layout": TruthField("room_layout", "Minus MSE", "", _IMAGES),
    "jigsaw": TruthField("jigsaw", "Validation accuracy", "%", _IMAGES),
    "segmentsemantic": TruthField("segmentsemantic", "Pixel accuracy", "%", _IMAGES),
    "normal": TruthField("normal", "SSIM", "", _IMAGES),
    "autoencoder": TruthField("autoencoder", "SSIM", "", _IMAGES),
}
_OF_TASK: Final = {
    "class_scene": "Top-1 of 47 scenes; the labels are another network's probabilities, of which the largest counts.",
    "class_object": "Top-1 of 75 objects; the labels are another network's probabilities, of which the largest counts.",
    "room_layout": "The loss of nine numbers that describe the room, with a minus sign: more is better.",
    "jigsaw": "Top-1 of 1,000 permutations of nine tiles of 64×64 pixels; chance is 0.1 %.",
    "segmentsemantic": "Share of the pixels, not the mean IoU.",
    "normal": "Surface normals, trained against a discriminator.",
    "autoencoder": "Images restored, trained against a discriminator.",
}
_OF_ALL: Final = "One training, its last epoch; the best epochs that other tables report are higher."
_OF_MICRO: Final = (
    "Cells that compute the same function were trained apart, or share a row; disconnected ones have constants."
)


class TransNasTruth(HasTruth):
    """The seven tasks of one of the two spaces; how long the trainings took is not known."""

    table: ClassVar[str]

    @property
    @abstractmethod
    def tasks(self) -> Sequence[TruthTask]:
        """The tasks, each with metric, unit and noise."""

    def trained_on(self, dataset: str) -> str:
        """The task itself; for networks that are scored on any other images scene classification."""
        return dataset if dataset in TASKS else DEFAULT_TASK

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """The result of a task by number of epochs; None of what is no task."""
        if dataset not in TASKS:
            return None
        return {str(TASKS[dataset]): {dataset: _numbers(self.table)[dataset][of_benchmark(architecture).index]}}

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """The one metric of a task."""
        return (_FIELDS[dataset],) if dataset in TASKS else ()

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """The results of a task by index."""
        return _values(self.table)[self.task(dataset, epochs).dataset]

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """NaN by index: the table does not say it."""
        del dataset, epochs
        return pd.Series(np.nan, index=_values(self.table).index)


class MacroTruth(TransNasTruth):
    """Of the backbones; no two of them are one function, so how noisy a training is is not known."""

    table = "transnas_macro"

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """The seven tasks."""
        return _macro_tasks()


class MicroTruth(TransNasTruth):
    """Of the cells; those that are equal but for dead edges tell how noisy a training is."""

    table = "transnas_micro"

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """The seven tasks."""
        return _micro_tasks()


def results_table(space: str) -> pd.DataFrame:
    """The results of a space's architectures, in the order of indices.

    Columns: architecture (as the benchmark writes it), and one a task: top-1 or pixel accuracy (%), SSIM, or minus the
    loss.

    Args:
        space: "transnas_micro" or "transnas_macro".
    """
    return _read(space).copy(deep=False)


@cache
def _read(space: str) -> pd.DataFrame:
    return pd.read_parquet(DATA_DIR / f"{space}.parquet")


@cache
def _values(space: str) -> pd.DataFrame:
    return _read(space)[list(TASKS)].astype(float).rename_axis("index")


@cache
def _numbers(space: str) -> Mapping[str, Sequence[float]]:
    return {name: column.tolist() for name, column in _values(space).items()}  # type: ignore[misc]


@cache
def _macro_tasks() -> Sequence[TruthTask]:
    return [_task(name, np.nan, f"{_OF_TASK[name]} {_OF_ALL}") for name in TASKS]


@cache
def _micro_tasks() -> Sequence[TruthTask]:
    noise = _noise()
    return [_task(name, float(noise[name]), f"{_OF_TASK[name]} {_OF_ALL} {_OF_MICRO}") for name in TASKS]


def _task(name: str, noise: float, words: str) -> TruthTask:
    return TruthTask(name, TASKS[name], _FIELDS[name], RELEASE, noise, words)


def _noise() -> pd.Series[float]:
    """Standard deviation of one training, by task: pooled over groups of cells equal but for dead edges."""
    cells = [cell for cell in map(MicroArchitecture, micro_cells()) if not cell.invalid]
    groups = [cell.without_dead_edges().operations for cell in cells]
    variances = _values(MicroTruth.table).loc[[cell.index for cell in cells]].groupby(groups).var(ddof=1)
    noise: pd.Series[float] = np.sqrt(variances.mean())
    return noise
