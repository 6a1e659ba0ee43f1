"""SNIP: connection sensitivity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="SNIP",
    formula=r"\sum \lvert w \odot g \rvert",
    source="Lee et al., SNIP: Single-shot Network Pruning based on Connection Sensitivity, ICLR 2019, arXiv 1810.02340",
    description="How much the loss would change, to first order and in absolute value, if each weight were removed.",
    traps=(
        "Skewed: a few networks with many 3×3 convolutions reach a hundred times the median. Use ranks or a "
        "logarithmic axis.",
    ),
    skewed=True,
    reads=("weights", "gradients"),
)
def snip(weights: Sequence[Tensor], gradients: Sequence[Tensor]) -> float:
    """Σ |w ⊙ g| over all weights.

    Args:
        weights: of each layer.
        gradients: of the mean cross-entropy at them.

    >>> from torch import tensor
    >>> snip([tensor([1.0, -2.0])], [tensor([3.0, 1.0])])
    5.0
    """
    import torch

    return float(torch.stack([(w * g).abs().sum() for w, g in zip(weights, gradients, strict=True)]).sum())
