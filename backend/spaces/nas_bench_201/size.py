"""Parameters and multiply-accumulates of a cell's network in closed form, as NAS-Bench-201 counts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from backend.spaces.capabilities import Size
from backend.spaces.nas_bench_201.cell import Cell

NUM_STAGES = 3
"""Stages of cells; the width doubles and the image halves from one to the next."""
_KERNELS = {"nor_conv_3x3": 3, "nor_conv_1x1": 1}


def network_size(cell: Cell, channels: int, cells_per_stage: int, num_classes: int, height: int, width: int) -> Size:
    """The size of the literal cell's network, dead edges included.

    Parameters are the weights of all convolutions, and weights and biases of all batch norms and of the classifier;
    multiply-accumulates those of convolutions and classifier: poolings, ReLUs and batch norms count as free.

    Args:
        cell: the literal cell.
        channels: channels of the first stage, C.
        cells_per_stage: cells of each stage, N.
        num_classes: outputs of the classifier.
        height: of the images, in pixels.
        width: of the images, in pixels.
    """
    # It depends on which operations a cell has, not on where: 210 sizes instead of 15,625.
    kernels = tuple(sorted(_KERNELS[name] for name in cell.operations if name in _KERNELS))
    return _size(kernels, channels, cells_per_stage, num_classes, height * width)


@lru_cache(maxsize=10_000)
def _size(kernels: tuple[int, ...], channels: int, cells_per_stage: int, num_classes: int, pixels: int) -> Size:
    widths = [channels * 2**stage for stage in range(NUM_STAGES)]
    convolutions = list(_convolutions(kernels * cells_per_stage, widths, pixels))
    weights = sum(kernel**2 * narrow * wide for kernel, narrow, wide, _ in convolutions)
    # Every convolution but the two shortcuts has a batch norm behind it, and one more stands before the classifier.
    norms = sum(2 * wide for *_, wide, _ in convolutions) - sum(2 * 2 * width for width in widths[:-1])
    classifier = (widths[-1] + 1) * num_classes
    parameters = weights + norms + 2 * widths[-1] + classifier
    passed = sum(kernel**2 * narrow * wide * out for kernel, narrow, wide, out in convolutions)
    return Size(float(parameters), (passed + classifier) / 1e6)


def _convolutions(kernels: Sequence[int], widths: Sequence[int], pixels: int) -> Iterator[tuple[int, int, int, int]]:
    """(kernel, channels in, channels out, pixels of the output) of every convolution; kernels are those of a stage."""
    yield 3, 3, widths[0], pixels
    for stage, width in enumerate(widths):
        if stage:
            pixels //= 4
            yield from ((3, width // 2, width, pixels), (3, width, width, pixels), (1, width // 2, width, pixels))
        for kernel in kernels:
            yield kernel, width, width, pixels
