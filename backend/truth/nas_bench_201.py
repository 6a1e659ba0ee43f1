"""What NAS-Bench-201 gives its search space: accuracies of trained cells, and what they cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backend.datasets.info import NUM_CLASSES
from backend.datasets.readers import LAYOUTS
from backend.spaces.base import Architecture
from backend.spaces.capabilities import HasTruth
from backend.spaces.nas_bench_201.options import TRAINED_ON
from backend.spaces.nas_bench_201.size import network_size
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.spaces.truth_tasks import TruthField, TruthTask
from backend.truth import fields as devices
from backend.truth import measures
from backend.truth.fields import EPOCHS, truth_fields
from backend.truth.imported import imported_releases, read_columns
from backend.truth.lookup import query
from backend.truth.tables import architectures_table, bundled_release, test_accuracy

SECONDS_AN_HOUR: Final = 3600
_ACCURACY: Final = "test-accuracy"


class NasBench201Truth(HasTruth):
    """Accuracies of the cells with C = 16 and N = 5, which the benchmark trained."""

    @cached_property
    def tasks(self) -> Sequence[TruthTask]:
        """The test accuracy on each data set, after 12 and 200 epochs."""
        return [_task(dataset, epochs) for dataset in TRAINED_ON for epochs in EPOCHS]

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """The record of a cell, ``{"12": fields, "200": fields}``; None off the benchmark's size."""
        assert isinstance(architecture, CellArchitecture)
        if not architecture.is_indexed:
            return None
        return {str(epochs): query(architecture.cell, dataset, epochs) for epochs in EPOCHS}

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """The official API's fields."""
        return truth_fields(dataset)

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Test accuracy (%) of all cells by official index."""
        return test_accuracy(dataset, epochs)

    def repeats(self, dataset: str, epochs: int) -> pd.DataFrame | None:
        """Test accuracy (%) by official index, a column a seed; None unless a release with several was imported."""
        for release in imported_releases():
            columns = {
                seed: read_columns(release.release, dataset, epochs, str(seed)).get(_ACCURACY) for seed in release.seeds
            }
            known = {seed: values for seed, values in columns.items() if values is not None}
            frame = pd.DataFrame(known).dropna(axis="columns", how="all").rename_axis("index")
            if len(frame.columns) > 1:
                return frame
        return None

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Hours of a training on the benchmark's GPU, by official index."""
        return measures.values(measures.find_cost("training-time", dataset, epochs)) / SECONDS_AN_HOUR


class NasBench201Costs:
    """Sizes in closed form, and the latencies and energies that HW-NAS-Bench measured."""

    measured = tuple(f"{quantity}:{device}" for quantity, device in devices.MEASURED)

    def cost(self, architecture: Architecture, dataset: str, name: str) -> float:
        """One cost in its unit; NaN where a device has none, or for a size that was not measured."""
        assert isinstance(architecture, CellArchitecture)
        if ":" in name:
            return _measured(name, dataset)[architecture.cell.index] if architecture.is_indexed else math.nan
        side, sizes = LAYOUTS[dataset].side, (architecture.channels, architecture.cells_per_stage)
        size = network_size(architecture.cell, *sizes, NUM_CLASSES[dataset], side, side)
        return {"params": size.parameters, "flops": size.multiply_accumulates}[name]

    def has_gaps(self, dataset: str, name: str) -> bool:
        """Whether a device was not measured with all cells."""
        return ":" in name and bool(np.isnan(measured(name, dataset)).any())

    def sizes(self, labels: pd.Index, dataset: str) -> pd.DataFrame:
        """Columns params and flops by official index; cifar10-valid has those of cifar10."""
        counted = "cifar10" if dataset == "cifar10-valid" else dataset
        sizes = architectures_table().set_index("index")[[f"params:{counted}", f"flops_m:{counted}"]]
        return sizes.set_axis(["params", "flops"], axis="columns").astype(float).reindex(labels)


def _task(dataset: str, epochs: int) -> TruthTask:
    field = next(field for field in truth_fields(dataset) if field.name == _ACCURACY)
    variant_of = "cifar10" if dataset == "cifar10-valid" else ""
    return TruthTask(dataset, epochs, field, bundled_release(dataset, epochs, _ACCURACY), variant_of=variant_of)


def measured(name: str, dataset: str) -> NDArray[np.float64]:
    """HW-NAS-Bench's value of every cell, (15625,) in official order; NaN where the device has none.

    Args:
        name: such as "latency:raspi4".
        dataset: of the images; cifar10-valid has those of cifar10.

    Raises:
        UserError: unknown dataset or device.
    """
    quantity, device = name.split(":")
    return architectures_table()[devices.column(quantity, device, dataset)].to_numpy(dtype=np.float64)


@cache
def _measured(name: str, dataset: str) -> list[float]:
    return list(map(float, measured(name, dataset)))
