"""The hardware metrics of one network."""

import math
from collections.abc import Iterable
from functools import lru_cache

from backend.benchmark import NUM_CLASSES
from backend.cells import Cell
from backend.hardware.metrics import AVERAGE_BITWIDTH, get, measured

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
    from backend.images.folder import LAYOUTS  # noqa: PLC0415
    from backend.proxies.observations import Design  # noqa: PLC0415

    side = LAYOUTS[dataset].side
    design = Design(Cell(operations), channels, cells_per_stage, NUM_CLASSES[dataset], side, side)
    return proxies.get(name).value(design)
