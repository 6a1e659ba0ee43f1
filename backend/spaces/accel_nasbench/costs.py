"""Sizes of Accel-NASBench's networks in closed form, and what devices measured of those in its table."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Self

import pandas as pd

from backend.datasets.info import NUM_CLASSES
from backend.spaces.accel_nasbench.architecture import (
    HEAD_CHANNELS,
    STEM_CHANNELS,
    WIDTHS,
    AccelArchitecture,
)
from backend.spaces.accel_nasbench.devices import MEASURED
from backend.spaces.accel_nasbench.options import TRAINED_CLASSES, TRAINED_ON, TRAINED_SIDE
from backend.spaces.accel_nasbench.table import means
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Size


class AccelCosts:
    """Sizes of any architecture, and latencies and throughputs of those in the table.

    Args:
        side: of the images that networks are scored on.
    """

    measured = tuple(cost.name for cost in MEASURED)

    def __init__(self, side: int) -> None:
        self._side = side

    @classmethod
    def of_space(cls, space: SearchSpace) -> Self:
        """The costs of a space at the size of its images."""
        assert space.image_size
        return cls(space.image_size)

    def cost(self, architecture: Architecture, dataset: str, name: str) -> float:
        """One cost in its unit; NaN where a device was not measured with the architecture."""
        assert isinstance(architecture, AccelArchitecture)
        if name in self.measured:
            return _measured(name).get(architecture.key, math.nan)
        size = network_size(architecture, *self._outputs_and_side(dataset))
        return {"params": size.parameters, "flops": size.multiply_accumulates}[name]

    def has_gaps(self, dataset: str, name: str) -> bool:
        """Whether it was measured on a device: only architectures of the table were."""
        del dataset
        return name in self.measured

    def sizes(self, labels: pd.Index, dataset: str) -> pd.DataFrame:
        """Columns params and flops by key."""
        counted = self._outputs_and_side(dataset)
        sizes = [network_size(AccelArchitecture.parse(str(label)), *counted) for label in labels]
        return pd.DataFrame(sizes, index=labels, columns=["params", "flops"], dtype=float)

    def _outputs_and_side(self, dataset: str) -> tuple[int, int]:
        """Of a data set's networks, as they are scored; of ImageNet's, as they were trained."""
        return (TRAINED_CLASSES, TRAINED_SIDE) if dataset == TRAINED_ON else (NUM_CLASSES[dataset], self._side)


@lru_cache(maxsize=50_000)
def network_size(architecture: AccelArchitecture, num_classes: int, side: int) -> Size:
    """The size of an architecture's network.

    Parameters are those of convolutions, batch norms and the classifier; multiply-accumulates those of convolutions
    and the classifier alone.

    Args:
        architecture: its blocks.
        num_classes: outputs of the classifier.
        side: height and width of the images, of three channels.
    """
    parameters, passed = (HEAD_CHANNELS + 1) * num_classes, HEAD_CHANNELS * num_classes
    for weights, others, pixels in _convolutions(architecture, side):
        parameters += weights + others
        passed += weights * pixels
    return Size(float(parameters), passed / 1e6)


def _convolutions(architecture: AccelArchitecture, side: int) -> Iterator[tuple[int, int, int]]:
    """(weights, other parameters, pixels of the output) of every convolution: those of its batch norm, or biases."""
    side = _halved(side)
    yield 9 * 3 * STEM_CHANNELS, 2 * STEM_CHANNELS, side**2
    for layer in architecture.layers():
        if layer.hidden != layer.channels_in:
            yield layer.channels_in * layer.hidden, 2 * layer.hidden, side**2
        side = _halved(side) if layer.stride > 1 else side
        yield layer.kernel**2 * layer.hidden, 2 * layer.hidden, side**2
        if layer.squeeze:
            yield layer.hidden * layer.squeeze, layer.squeeze, 1
            yield layer.squeeze * layer.hidden, layer.hidden, 1
        yield layer.hidden * layer.channels_out, 2 * layer.channels_out, side**2
    yield WIDTHS[-1] * HEAD_CHANNELS, 2 * HEAD_CHANNELS, side**2


def _halved(side: int) -> int:
    return (side + 1) // 2


@cache
def _measured(name: str) -> dict[str, float]:
    return means()[name.replace(":", "_")].to_dict()  # type: ignore[return-value]
