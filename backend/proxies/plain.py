"""Plain: signed weight times gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="Plain",
    formula=r"\sum w \odot g",
    source="Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv 2101.08134",
    description="Signed sum of weight times gradient.",
    traps=(
        "Only the two shortcut convolutions and the classifier contribute: a layer before a batch norm may be scaled "
        "without changing the loss.",
        "It depends much on the mini-batch: two batches of 64 agree with a correlation of about 0.3.",
        "More is meant to be better, yet on CIFAR-10 the better networks tend to have lower values.",
    ),
    skewed=True,
    reads=("weights", "gradients", "normalised"),
)
def plain(weights: Sequence[Tensor], gradients: Sequence[Tensor], normalised: Sequence[bool]) -> float:
    """Σ w ⊙ g over the layers that no batch norm follows.

    A convolution before a batch norm may be scaled without changing the loss, so its own sum is zero (up to the batch
    norm's ε). Leaving it out keeps the rounding noise of the whole network out of a small number.

    Args:
        weights: of each layer.
        gradients: of the mean cross-entropy at them.
        normalised: whether a batch norm follows each layer.

    >>> from torch import tensor
    >>> plain([tensor([1.0, 2.0]), tensor([5.0])], [tensor([3.0, -1.0]), tensor([7.0])], [False, True])
    1.0
    """
    import torch

    bare = [(w * g).sum() for w, g, scaled in zip(weights, gradients, normalised, strict=True) if not scaled]
    return float(torch.stack(bare).sum())
