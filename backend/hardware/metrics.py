"""The hardware metrics, by the names that files, tables and charts give them, such as ``latency:raspi4``.

A list of studies reads search files, which name them: so nothing here loads PyTorch until a description is asked for.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend.benchmark import architectures_table, devices
from backend.errors import UserError

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
