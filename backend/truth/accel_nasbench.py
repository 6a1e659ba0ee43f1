"""What Accel-NASBench measured: one shortened training on ImageNet of each of 5,125 networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

import numpy as np
import pandas as pd

from backend.spaces.accel_nasbench import table
from backend.spaces.accel_nasbench.architecture import AccelArchitecture
from backend.spaces.accel_nasbench.options import TRAINED_ON, AccelSection
from backend.spaces.base import Architecture
from backend.spaces.capabilities import HasTruth
from backend.spaces.truth_tasks import TruthField, TruthTask

RELEASE: Final = "Accel-NASBench"
(EPOCHS,) = AccelSection.trained_epochs
_SECONDS_AN_HOUR: Final = 3600
_IMAGES: Final = "the 50,000 validation images of ImageNet at 256×256"
_ACCURACY: Final = TruthField("valid-accuracy", "Validation accuracy", "%", _IMAGES)
_TOP5: Final = TruthField("valid-top5-accuracy", "Validation top-5 accuracy", "%", _IMAGES)
_COLUMNS: Final = {"val_top1": _ACCURACY.name, "val_top5": _TOP5.name}
_HELP: Final = (
    "A shortened training of 16 epochs on growing images, of one seed: about 10 points below a full training, so "
    "compare within this benchmark alone. Known of the 5,125 architectures of its table; 13 have the mean of two."
)


class AccelTruth(HasTruth):
    """Accuracies on ImageNet of the architectures of the table."""

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """The one task."""
        return (_task(),)

    def trained_on(self, dataset: str) -> str:
        """ImageNet, whatever images are scored."""
        del dataset
        return TRAINED_ON

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """Top-1 and top-5 accuracy, ``{"16": fields}``; None where the architecture is not in the table."""
        assert isinstance(architecture, AccelArchitecture)
        found = _records().get(architecture.key) if dataset == TRAINED_ON else None
        return None if found is None else {str(EPOCHS): dict(found)}

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """Top-1 and top-5 accuracy."""
        return (_ACCURACY, _TOP5) if dataset == TRAINED_ON else ()

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Top-1 accuracy (%) by key, of the architectures of the table."""
        self.task(dataset, epochs)
        return table.means()["val_top1"].rename(_ACCURACY.name)

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Hours of the training by key; NaN where a machine held it up."""
        self.task(dataset, epochs)
        return table.means()["train_time_s"].rename("hours") / _SECONDS_AN_HOUR


@cache
def _records() -> Mapping[str, Mapping[str, float | None]]:
    known = table.means()[list(_COLUMNS)].rename(columns=_COLUMNS)
    return known.to_dict("index")  # type: ignore[return-value]


@cache
def _task() -> TruthTask:
    """The task; how noisy a training is is told by the architectures that were trained twice."""
    runs = table.runs_table()
    twice = runs[runs["architecture"].duplicated(keep=False)]
    noise = float(np.sqrt(twice.groupby("architecture")["val_top1"].var(ddof=1).mean()))
    return TruthTask(TRAINED_ON, EPOCHS, _ACCURACY, RELEASE, noise, _HELP)
