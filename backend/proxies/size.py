"""Size of the network: parameters and multiply-accumulates."""

from backend.proxies.registry import register
from backend.spaces.capabilities import Size

SOURCE = "Dong and Yang, NAS-Bench-201, ICLR 2020, arXiv 2001.00326"
_TRAPS = (
    "It counts convolutions and does not see how they are joined: many different architectures have the very same "
    "value.",
    "What is on no way from input to output counts too.",
)


@register(
    title="Parameters",
    formula=r"\lvert \theta \rvert",
    source=SOURCE,
    description="Number of trainable parameters of the network as it is written down, unused ones included. The "
    "baseline to compare every proxy with.",
    traps=_TRAPS,
    literal=True,
    skewed=True,
    reads=("size",),
)
def params(size: Size) -> float:
    """All trainable numbers: weights and biases of convolutions, linear layers and norms.

    Args:
        size: of the literal network.

    >>> params(Size(parameters=73306.0, multiply_accumulates=7.78))
    73306.0
    """
    return size.parameters


@register(
    title="FLOPs (millions)",
    formula=r"10^{-6} \cdot \mathrm{MACs}",
    source=SOURCE,
    description="Millions of multiply-accumulates an input of the network as it is written down, unused ones included, "
    "counted as NAS-Bench-201 does: convolutions and linear layers.",
    traps=_TRAPS,
    literal=True,
    skewed=True,
    reads=("size",),
)
def flops(size: Size) -> float:
    """Multiply-accumulates of one input in millions; poolings, ReLUs and norms count as free.

    Args:
        size: of the literal network.

    >>> flops(Size(parameters=73306.0, multiply_accumulates=7.78))
    7.78
    """
    return size.multiply_accumulates
