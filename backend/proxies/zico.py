"""ZiCo: inverse coefficient of variation of the gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="ZiCo",
    formula=r"\sum_l \log \sum_{\sigma \neq 0} \tfrac{\operatorname{mean} \lvert g \rvert}{\sigma(g)}",
    source="Li et al., ZiCo: Zero-shot NAS via Inverse Coefficient of Variation on Gradients, ICLR 2023, arXiv "
    "2301.11300",
    description="Large where gradients are large and agree between the two halves of the batch.",
    traps=(
        "Weights whose two gradients happen to be close dominate their layer's sum.",
        "A sum over the layers: it grows with their number. Compare it with params.",
    ),
    reads=("half_gradients",),
)
def zico(half_gradients: tuple[Sequence[Tensor], Sequence[Tensor]]) -> float:
    """Σ_l log Σ over weights with σ ≠ 0 of mean|g| / σ(g), population σ over the two halves.

    For two values the ratio is (|g₁| + |g₂|) / |g₁ − g₂|. A layer in which every σ is 0 says nothing and is left out.

    Args:
        half_gradients: gradients of the loss on each half of the batch, one tensor a layer.

    >>> from torch import tensor
    >>> round(zico(([tensor([1.0, 2.0])], [tensor([2.0, 2.0])])), 4)
    1.0986
    """
    import torch

    layers = []
    for first, second in zip(*half_gradients, strict=True):
        spread = (first - second).abs()
        ratios = torch.where(spread > 0, (first.abs() + second.abs()) / spread, 0)
        layers.append(ratios.sum())
    sums = torch.stack(layers)
    return float(sums[sums > 0].log().sum())
