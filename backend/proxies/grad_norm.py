"""Gradient norm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="Gradient norm",
    formula=r"\sum_l \lVert g_l \rVert_2",
    source="Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv 2101.08134",
    description="Sum over the layers of the Euclidean norm of the loss gradient at the initial weights.",
    traps=(
        "Skewed: a few networks with many 3×3 convolutions reach a hundred times the median. Use ranks or a "
        "logarithmic axis.",
    ),
    skewed=True,
    reads=("gradients",),
)
def grad_norm(gradients: Sequence[Tensor]) -> float:
    """Σ_l ‖g_l‖₂.

    Args:
        gradients: of the mean cross-entropy at each layer's weights.

    >>> from torch import tensor
    >>> grad_norm([tensor([3.0, 4.0]), tensor([2.0])])
    7.0
    """
    import torch

    return float(torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients]).sum())
