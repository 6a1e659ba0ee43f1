"""Norm of the initial weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="Weight norm",
    formula=r"\sum_l \lVert w_l \rVert_2",
    source="Abdelfattah et al., Zero-Cost Proxies for Lightweight NAS, ICLR 2021, arXiv 2101.08134",
    description="Sum over the live layers of the norm of the weights.",
    traps=(
        "At initialisation it depends on the number and the shapes of the layers only: networks of the same layers are "
        "as good as equal, however they are joined.",
    ),
    reads=("weights",),
)
def l2_norm(weights: Sequence[Tensor]) -> float:
    """Σ_l ‖w_l‖₂.

    Args:
        weights: of each layer.

    >>> from torch import tensor
    >>> l2_norm([tensor([3.0, 4.0]), tensor([2.0])])
    7.0
    """
    import torch

    return float(torch.stack([torch.linalg.vector_norm(weight) for weight in weights]).sum())
