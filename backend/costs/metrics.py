"""Hardware metrics: sizes, and latencies and energies of devices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final

from backend.datasets.info import DATASETS
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import KnownCosts, Size, capability, known_costs
from backend.spaces.truth_tasks import Direction
from backend.truth import fields as devices

if TYPE_CHECKING:
    from backend.spaces.task import Task

AVERAGE_BITWIDTH: Final = "average_bitwidth"


@dataclass(frozen=True)
class HardwareMetric:
    """A cost of a network, or what a device achieves with it.

    Attributes:
        name: in search files, tables and charts.
        unit: "ms", "mJ", "bits", "M" (millions), or "" for a count.
        words: one or two sentences; "" for a count that is a zero-cost proxy as well, which describes it.
        measured: whether it comes from measurements of a benchmark's networks; else it is counted of any network.
        better: which way is better.
    """

    name: str
    unit: str
    words: str = ""
    measured: bool = False
    better: Direction = "minimize"

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
        *(
            HardwareMetric(cost.name, cost.unit, cost.help, measured=True, better=cost.better)
            for space in map(registry.get, registry.available())
            if registry.bundled(space.name)
            for cost in space.device_costs
        ),
    )
}

COSTS: Final = tuple(name for name in _METRICS if name != AVERAGE_BITWIDTH)
"""What ``hardware_cost`` can list; the average bit width has a table of its own."""


UNQUANTISED_BITS = 32.0


class Costs:
    """Looks up, or counts, hardware metrics; safe with several threads.

    Args:
        space: of the architectures.
        dataset: decides images and classes.
        names: of the metrics.
        images: of the search; a user's own are read where networks are counted. None reads none.
        split: of these.

    Raises:
        UserError: an unknown metric, or one that is not known of the space's architectures.
    """

    def __init__(
        self,
        space: SearchSpace,
        dataset: str,
        names: Iterable[str],
        images: str | None = "random",
        split: str = "val",
    ) -> None:
        self._dataset = dataset
        self._metrics = [get(name) for name in names]
        self._known, self._sizes = capability(space, KnownCosts), known_costs(space, dataset)
        self._count = _Counter(space, dataset, images, split)
        there = self._known.measured if self._known else ()
        if unknown := [metric.name for metric in self._metrics if metric.measured and metric.name not in there]:
            raise UserError(
                f"{', '.join(unknown)}: not measured for {space.title}; valid: {', '.join(['params', 'flops', *there])}"
            )

    def of(self, architecture: Architecture) -> dict[str, float]:
        """Each metric of the literal architecture's network, in its unit; NaN where it was not measured."""
        return {metric.name: self._value(metric.name, architecture) for metric in self._metrics}

    def _value(self, name: str, architecture: Architecture) -> float:
        if name == AVERAGE_BITWIDTH:
            return UNQUANTISED_BITS
        known = self._known if get(name).measured else self._sizes
        if known is not None:
            return known.cost(architecture, self._dataset, name)
        size = self._count.size(architecture)
        return {"params": size.parameters, "flops": size.multiply_accumulates}[name]


class _Counter:
    """Counts the sizes of networks of a space that does not know them; those of the last ones are kept."""

    def __init__(self, space: SearchSpace, dataset: str, images: str | None, split: str) -> None:
        self._space, self._dataset, self._images, self._split = space, dataset, images, split
        self.size = lru_cache(maxsize=1_000)(self._size)

    def _size(self, architecture: Architecture) -> Size:
        # Networks load PyTorch, which a list of studies leaves alone.
        from backend.spaces.building import build_seeded, count_size  # noqa: PLC0415

        return count_size(build_seeded(self._space, architecture, self._task, seed=0), self._task)

    @cached_property
    def _task(self) -> Task:
        """Two examples: their shape and the classes count, not what they show."""
        from backend.datasets.batch import load_batch, resized  # noqa: PLC0415
        from backend.spaces.task import Task  # noqa: PLC0415

        source = "random" if self._dataset in DATASETS else self._images
        if source is None:
            raise UserError(f"params, flops: on {self._dataset} they are counted where the search reads its images")
        batch = load_batch(self._dataset, 2, source=source, split=self._split)
        return Task.of_batch(resized(batch, self._space.image_size))


def has_gaps(space: SearchSpace, dataset: str, name: str) -> bool:
    """Whether a metric is measured on a device, and not for all architectures of a space."""
    known = capability(space, KnownCosts)
    return known is not None and known.has_gaps(dataset, name)
