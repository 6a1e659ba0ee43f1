"""A search space of the tests whose truth is no accuracy: NAS-Bench-Macro's networks, judged by SSIM after 5 epochs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from backend.spaces.base import Architecture
from backend.spaces.capabilities import HasTruth
from backend.spaces.nas_bench_macro.options import NasBenchMacroSection
from backend.spaces.nas_bench_macro.space import NasBenchMacro
from backend.spaces.truth_tasks import TruthField, TruthTask
from backend.truth.nas_bench_macro import runs_table

FIELD = TruthField("ssim", "SSIM", "", "the validation images")


class SsimSection(NasBenchMacroSection):
    """The same choices under another name."""

    trained_epochs: ClassVar[tuple[int, ...]] = (5,)

    name: Literal["ssim"] = "ssim"


class SsimTruth(HasTruth):
    """Values between 0.45 and 0.93, in the order of the accuracies."""

    tasks: Sequence[TruthTask] = (TruthTask("cifar10", 5, FIELD, "Release 1", 0.004),)

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        return {"5": {"ssim": float(self.values(dataset, 5)[architecture.index])}} if dataset == "cifar10" else None

    def fields(self, dataset: str) -> Sequence[TruthField]:
        return (FIELD,) if dataset == "cifar10" else ()

    def values(self, dataset: str, epochs: int) -> "pd.Series[float]":
        self.task(dataset, epochs)
        return runs_table()["accuracy_0"].astype(float).rename_axis("index") / 100

    def training_hours(self, dataset: str, epochs: int) -> "pd.Series[float]":
        return self.values(dataset, epochs) * np.nan


class SsimSpace(NasBenchMacro):
    """NAS-Bench-Macro's networks with another truth."""

    name = "ssim"
    title = "Denoisers"
    section = SsimSection
    providers: ClassVar[Mapping[type, Any]] = {**NasBenchMacro.providers, HasTruth: "tests.ssim_space:SsimTruth"}
