"""Size of the literal network: parameters and multiply-accumulates, as NAS-Bench-201 counts them."""

from collections.abc import Iterator

from backend.proxies.observations import Design
from backend.proxies.registry import register
from backend.spaces.nas_bench_201.network import NUM_STAGES

SOURCE = "Dong and Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326"
_TRAPS = (
    "It counts convolutions and does not see how they are joined: many different cells have the very same value.",
    "Edges on no way from input to output count too.",
)


@register(
    title="Parameters",
    formula=r"\lvert \theta \rvert",
    source=SOURCE,
    description="Number of trainable parameters of the literal cell's network, dead edges included. The baseline "
    "to compare every proxy with.",
    traps=_TRAPS,
    literal=True,
    skewed=True,
    reads=("design",),
)
def params(design: Design) -> float:
    """Weights of all convolutions, weights and biases of all batch norms and of the classifier.

    Args:
        design: the literal cell and the network's sizes.
    """
    convolutions = sum(kernel**2 * narrow * wide for kernel, narrow, wide, _ in _convolutions(design))
    # Every convolution but the two shortcuts has a batch norm behind it, and one more stands before the classifier.
    norms = sum(2 * wide for *_, wide, _ in _convolutions(design)) - sum(2 * 2 * w for w in _widths(design)[:-1])
    last = _widths(design)[-1]
    return float(convolutions + norms + 2 * last + (last + 1) * design.num_classes)


@register(
    title="FLOPs (millions)",
    formula=r"10^{-6} \cdot \mathrm{MACs}",
    source=SOURCE,
    description="Millions of multiply-accumulates an image of the literal cell's network, dead edges included, "
    "counted as NAS-Bench-201 does: convolutions and classifier.",
    traps=_TRAPS,
    literal=True,
    skewed=True,
    reads=("design",),
)
def flops(design: Design) -> float:
    """Multiply-accumulates of one image in millions; poolings, ReLUs and batch norms count as free.

    Args:
        design: the literal cell and the network's sizes.
    """
    convolutions = sum(kernel**2 * narrow * wide * pixels for kernel, narrow, wide, pixels in _convolutions(design))
    return (convolutions + (_widths(design)[-1] + 1) * design.num_classes) / 1e6


def _widths(design: Design) -> list[int]:
    return [design.channels * 2**stage for stage in range(NUM_STAGES)]


def _convolutions(design: Design) -> Iterator[tuple[int, int, int, int]]:
    """(kernel, channels in, channels out, pixels of the output) of every convolution."""
    kernels = [3] * design.cell.operations.count("nor_conv_3x3") + [1] * design.cell.operations.count("nor_conv_1x1")
    pixels = design.height * design.width
    yield 3, 3, design.channels, pixels
    for stage, width in enumerate(_widths(design)):
        if stage:
            pixels //= 4
            yield from ((3, width // 2, width, pixels), (3, width, width, pixels), (1, width // 2, width, pixels))
        for kernel in kernels * design.cells_per_stage:
            yield kernel, width, width, pixels
