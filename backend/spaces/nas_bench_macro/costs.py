"""Parameters and multiply-accumulates of NAS-Bench-Macro's networks in closed form, as the benchmark counts them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import ClassVar

import pandas as pd

from backend.datasets.info import NUM_CLASSES
from backend.datasets.readers import LAYOUTS
from backend.spaces.base import Architecture
from backend.spaces.capabilities import Size
from backend.spaces.nas_bench_macro.architecture import (
    FIRST_LAYERS,
    HEAD_CHANNELS,
    STEM_CHANNELS,
    Block,
    MacroArchitecture,
)


class NasBenchMacroCosts:
    """Sizes in closed form; nothing was measured on devices."""

    measured: ClassVar[tuple[str, ...]] = ()

    def cost(self, architecture: Architecture, dataset: str, name: str) -> float:
        """Parameters, or millions of multiply-accumulates of one image."""
        assert isinstance(architecture, MacroArchitecture)
        size = network_size(architecture, NUM_CLASSES[dataset], LAYOUTS[dataset].side)
        return {"params": size.parameters, "flops": size.multiply_accumulates}[name]

    def has_gaps(self, dataset: str, name: str) -> bool:
        """False: sizes are known of every network."""
        del dataset, name
        return False

    def sizes(self, labels: pd.Index, dataset: str) -> pd.DataFrame:
        """Columns params and flops by index."""
        classes, side = NUM_CLASSES[dataset], LAYOUTS[dataset].side
        sizes = [network_size(MacroArchitecture.of_index(int(label)), classes, side) for label in labels]
        return pd.DataFrame(sizes, index=labels, columns=list(Size._fields), dtype=float).set_axis(
            ["params", "flops"], axis="columns"
        )


def network_size(architecture: MacroArchitecture, num_classes: int, side: int) -> Size:
    """The size of an architecture's network.

    Parameters are those of convolutions, batch norms and the classifier; multiply-accumulates those of convolutions
    and the classifier alone.

    Args:
        architecture: its layers.
        num_classes: outputs of the classifier.
        side: height and width of the images.
    """
    # Networks of one class, and those whose stages are alike but for the order, have one size.
    return _size(architecture.canonical(), num_classes, side)


@lru_cache(maxsize=50_000)
def _size(architecture: MacroArchitecture, num_classes: int, side: int) -> Size:
    parameters = (HEAD_CHANNELS + 1) * num_classes
    passed = HEAD_CHANNELS * num_classes
    for weights, channels, pixels in _convolutions(architecture, side):
        parameters += weights + 2 * channels
        passed += weights * pixels
    return Size(float(parameters), passed / 1e6)


def _convolutions(architecture: MacroArchitecture, side: int) -> Iterator[tuple[int, int, int]]:
    """(weights, channels out, pixels of the output) of every convolution; a batch norm follows each."""
    channels = STEM_CHANNELS
    yield 9 * 3 * channels, channels, side**2
    for position, block in enumerate(architecture.blocks):
        is_first = position in FIRST_LAYERS
        wide, before = (2 * channels if is_first else channels), side**2
        # A stride of 2 rounds up.
        side = (side + 1) // 2 if is_first else side
        yield from _of_block(block, channels, wide, before, side**2, is_first=is_first)
        channels = wide
    yield channels * HEAD_CHANNELS, HEAD_CHANNELS, side**2


def _of_block(
    block: Block, narrow: int, wide: int, before: int, after: int, *, is_first: bool
) -> Iterator[tuple[int, int, int]]:
    """As :func:`_convolutions`, of one layer with so many pixels before and after its stride."""
    if block.expansion:
        hidden = narrow * block.expansion
        yield narrow * hidden, hidden, before
        yield block.kernel**2 * hidden, hidden, after
        yield hidden * wide, wide, after
    elif is_first:
        yield narrow * wide, wide, after
