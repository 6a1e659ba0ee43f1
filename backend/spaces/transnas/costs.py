"""Parameters and multiply-accumulates of both spaces' networks in closed form."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, ClassVar, Self

import pandas as pd

from backend.datasets.info import NUM_CLASSES
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Size
from backend.spaces.transnas.architecture import (
    CELL_BACKBONE,
    EDGES,
    MacroArchitecture,
    MicroArchitecture,
    of_benchmark,
)
from backend.spaces.transnas.backbone import (
    BASE_CHANNELS,
    STEM_CHANNELS,
    TASK_OUTPUTS,
    TASK_SIDES,
    TASKS,
    Block,
    blocks_of,
    halved,
)
from backend.spaces.transnas.space import TransNas


class TransNasCosts:
    """Sizes in closed form; nothing was measured on devices.

    Args:
        space: one of the two, whose images decide the multiply-accumulates.
    """

    measured: ClassVar[tuple[str, ...]] = ()

    def __init__(self, space: TransNas[Any]) -> None:
        self._space = space

    @classmethod
    def of_space(cls, space: SearchSpace) -> Self:
        """The costs of a space at the size of its images."""
        assert isinstance(space, TransNas)
        return cls(space)

    def cost(self, architecture: Architecture, dataset: str, name: str) -> float:
        """Parameters, or millions of multiply-accumulates of one image."""
        size = network_size(of_benchmark(architecture), *self._outputs_and_side(dataset))
        return {"params": size.parameters, "flops": size.multiply_accumulates}[name]

    def has_gaps(self, dataset: str, name: str) -> bool:
        """False: sizes are known of every network."""
        del dataset, name
        return False

    def sizes(self, labels: pd.Index, dataset: str) -> pd.DataFrame:
        """Columns params and flops by index."""
        counted = self._outputs_and_side(dataset)
        sizes = [network_size(self._space.of_index(int(label)), *counted) for label in labels]
        return pd.DataFrame(sizes, index=labels, columns=["params", "flops"], dtype=float)

    def _outputs_and_side(self, dataset: str) -> tuple[int, int]:
        """Of a data set's networks, as they are scored; of a task's, as they were trained."""
        if dataset in TASKS:
            return TASK_OUTPUTS.get(dataset, 0), TASK_SIDES[dataset]
        assert self._space.image_size
        return NUM_CLASSES[dataset], self._space.image_size


@lru_cache(maxsize=50_000)
def network_size(architecture: MacroArchitecture | MicroArchitecture, num_classes: int, side: int) -> Size:
    """The size of a literal architecture's network.

    Parameters are those of convolutions, batch norms and the head; multiply-accumulates those of convolutions and the
    head alone, of what leads nowhere too.

    Args:
        architecture: of either space.
        num_classes: outputs of the head.
        side: height and width of the images, of three channels.

    >>> network_size(MacroArchitecture("1114"), 0, 64).parameters
    988960.0
    """
    backbone = architecture.backbone if isinstance(architecture, MacroArchitecture) else CELL_BACKBONE
    blocks = blocks_of(backbone)
    width = blocks[-1].channels_out
    parameters, passed = (width + 1) * num_classes, width * num_classes
    for weights, channels, pixels in _convolutions(architecture, blocks, side):
        parameters += weights + 2 * channels
        passed += weights * pixels
    return Size(float(parameters), passed / 1e6)


def _convolutions(
    architecture: MacroArchitecture | MicroArchitecture, blocks: list[Block], side: int
) -> Iterator[tuple[int, int, int]]:
    """(weights, channels out, pixels of the output) of every convolution; channels are those of a batch norm behind it.

    The two convolutions of a shortcut count as one: side by side they have one batch norm.
    """
    channels = 3
    for wide in (STEM_CHANNELS, BASE_CHANNELS):
        side = halved(side)
        yield 9 * channels * wide, wide, side**2
        channels = wide
    for block in blocks:
        side = halved(side) if block.stride > 1 else side
        inner = Block(block.channels_out, block.channels_out, 1)
        if isinstance(architecture, MacroArchitecture):
            used = [(9, block), (9, inner), *([] if block.keeps_shape else [(1, block)])]
        else:
            used = _of_cell(architecture, block, inner)
        for taps, place in used:
            yield taps * place.channels_in * place.channels_out, place.channels_out, side**2


def _of_cell(architecture: MicroArchitecture, block: Block, inner: Block) -> list[tuple[int, Block]]:
    """(taps of the kernel, channels and stride) of the convolutions of a cell."""
    used = []
    for (source, _), name in zip(EDGES, architecture.names, strict=True):
        place = inner if source else block
        if name == "conv_3x3":
            used.append((9, place))
        elif name == "conv_1x1" or (name == "skip" and not place.keeps_shape):
            used.append((1, place))
    return used
