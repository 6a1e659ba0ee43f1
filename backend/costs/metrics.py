"""Hardware metrics: sizes, and latencies and energies of devices, of any cell."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.datasets.info import NUM_CLASSES
from backend.errors import UserError
from backend.spaces.nas_bench_201.cell import Cell
from backend.truth import fields as devices
from backend.truth.tables import architectures_table

AVERAGE_BITWIDTH: Final = "average_bitwidth"


@dataclass(frozen=True)
class HardwareMetric:
    """A cost of a network: the lower the better.

    Attributes:
        name: in search files, tables and charts.
        unit: "ms", "mJ", "bits", "M" (millions), or "" for a count.
        words: one or two sentences; "" for a count that is a zero-cost proxy as well, which describes it.
        measured: whether it comes from measurements of networks with C = 16 and N = 5; else it is counted at any size.
    """

    name: str
    unit: str
    words: str = ""
    measured: bool = False

    @property
    def description(self) -> str:
        """One or two sentences."""
        from backend import proxies  # noqa: PLC0415

        return self.words or proxies.get(self.name).description

    def shown(self, value: float) -> str:
        """A value with six significant digits, whole numbers in full, and the unit."""
        digits = f"{value:.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
        return f"{digits} {self.unit}".rstrip()


def available() -> tuple[str, ...]:
    """Names of all hardware metrics."""
    return tuple(_METRICS)


def get(name: str) -> HardwareMetric:
    """The hardware metric of that name.

    Raises:
        UserError: there is none.
    """
    try:
        return _METRICS[name]
    except (KeyError, TypeError):
        raise UserError(f"unknown hardware metric {name!r}; valid: {', '.join(_METRICS)}") from None


def measured(name: str, dataset: str) -> NDArray[np.float64]:
    """HW-NAS-Bench's value of every architecture, (15625,) in official order; NaN where the device has none.

    Args:
        name: such as "latency:raspi4".
        dataset: of the images; cifar10-valid has those of cifar10.

    Raises:
        UserError: unknown dataset, or not a measured metric.
    """
    if not get(name).measured:
        raise UserError(f"{name} is not measured on a device; it is counted")
    quantity, device = name.split(":")
    return architectures_table()[devices.column(quantity, device, dataset)].to_numpy(dtype=np.float64)


def _measured_metric(quantity: str, device: str) -> HardwareMetric:
    words = devices.described(quantity, device)
    return HardwareMetric(f"{quantity}:{device}", devices.UNITS[quantity], words, measured=True)


_METRICS: Final = {
    metric.name: metric
    for metric in (
        HardwareMetric(AVERAGE_BITWIDTH, "bits", "Bits a weight, averaged over the network: 32 as none is quantised."),
        HardwareMetric("params", ""),
        HardwareMetric("flops", "M"),
        *(_measured_metric(quantity, device) for quantity, device in devices.MEASURED),
    )
}

COSTS: Final = tuple(name for name in _METRICS if name != AVERAGE_BITWIDTH)
"""What ``hardware_cost`` can list; the average bit width has a table of its own."""


UNQUANTISED_BITS = 32.0
MEASURED_SIZE = (16, 5)
"""C and N of the networks that HW-NAS-Bench measured."""


class Costs:
    """Looks up, or counts, hardware metrics; safe with several threads.

    Args:
        dataset: decides images and classes.
        names: of the metrics.

    Raises:
        UserError: an unknown metric or dataset.
    """

    def __init__(self, dataset: str, names: Iterable[str]) -> None:
        self._dataset = dataset
        self._metrics = [get(name) for name in names]
        self._columns = {
            metric.name: measured(metric.name, dataset).tolist() for metric in self._metrics if metric.measured
        }

    def of(self, cell: Cell, channels: int = 16, cells_per_stage: int = 5) -> dict[str, float]:
        """Each metric of the literal cell's network, in its unit; NaN where it was not measured.

        Args:
            cell: any cell.
            channels: channels of the first stage, C.
            cells_per_stage: cells of each stage, N.
        """
        return {metric.name: self._value(metric.name, cell, channels, cells_per_stage) for metric in self._metrics}

    def _value(self, name: str, cell: Cell, channels: int, cells_per_stage: int) -> float:
        if name in self._columns:
            return self._columns[name][cell.index] if (channels, cells_per_stage) == MEASURED_SIZE else math.nan
        if name == AVERAGE_BITWIDTH:
            return UNQUANTISED_BITS
        # A network's size depends on which operations it has, not on where: 210 sizes instead of 15,625.
        return _size(name, tuple(sorted(cell.operations)), self._dataset, channels, cells_per_stage)


@lru_cache(maxsize=10_000)
def _size(name: str, operations: tuple[str, ...], dataset: str, channels: int, cells_per_stage: int) -> float:
    # Proxies and images load PyTorch, which a list of studies leaves alone.
    from backend import proxies  # noqa: PLC0415
    from backend.datasets.readers import LAYOUTS  # noqa: PLC0415
    from backend.proxies.observations import Design  # noqa: PLC0415

    side = LAYOUTS[dataset].side
    design = Design(Cell(operations), channels, cells_per_stage, NUM_CLASSES[dataset], side, side)
    return proxies.get(name).value(design)
