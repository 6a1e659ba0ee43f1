"""Fisher information of the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="Fisher",
    formula=r"\sum_l \sum_c \tfrac{\lvert w_{l,c} \rvert_0}{2B} \sum_i \bigl(\sum_p a \odot "
    r"\tfrac{\partial \mathcal{L}}{\partial a}\bigr)^2",
    source="Theis et al., arXiv 1801.05787, 2018; Turner et al., BlockSwap, ICLR 2020, arXiv 1906.04113",
    description="Fisher information of each output channel, times the weights of the channel.",
    traps=(
        "The loss is a mean over the batch, so the value falls with the square of the batch size: compare scores of "
        "equal batches only.",
        "Values span many orders of magnitude, and deep networks of 3×3 convolutions dwarf all others: use ranks or a "
        "logarithmic axis, and no plain sum with other proxies.",
    ),
    skewed=True,
    reads=("weights", "saliencies"),
)
def fisher(weights: Sequence[Tensor], saliencies: Sequence[Tensor]) -> float:
    """Σ_c q_c · numel(w_l)/C_out, with q_c = ½ · mean over the images of (Σ over positions of a ⊙ ∂loss/∂a)².

    Args:
        weights: of each layer.
        saliencies: Σ over positions of a ⊙ ∂loss/∂a, (B, C_out), a the layer's output before its batch norm.

    >>> from torch import tensor
    >>> fisher([tensor([[1.0, 2.0]])], [tensor([[2.0], [0.0]])])
    2.0
    """
    import torch

    layers = [
        s.square().mean(0).sum() * (0.5 * w.numel() / s.shape[1])
        for w, s in zip(weights, saliencies, strict=True)
        if s.shape[1]
    ]
    return float(torch.stack(layers).sum())
