"""GraSP: gradient signal preservation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="GraSP",
    formula=r"-\sum w \odot (H g)",
    source="Wang et al., Picking Winning Tickets Before Training by Preserving Gradient Flow, ICLR 2020, arXiv "
    "2002.07376",
    description="How the gradient's norm would change, to first order, if the weights were scaled down.",
    traps=(
        "It depends on the mini-batch: two batches of 64 agree with a correlation of about 0.8.",
        "Values have both signs and span many orders of magnitude: use ranks or a symlog axis.",
    ),
    skewed=True,
    reads=("gradients", "normalised", "bare_curvature"),
)
def grasp(gradients: Sequence[Tensor], normalised: Sequence[bool], bare_curvature: float) -> float:
    """−Σ w ⊙ (Hg), H the Hessian of the loss and g its gradient on the same batch.

    A layer before a batch norm may be scaled without changing the loss; differentiating that twice gives
    −w_l·(Hg)_l = ‖g_l‖² (up to the batch norm's ε), which needs no second derivative.

    Args:
        gradients: of the mean cross-entropy at each layer's weights.
        normalised: whether a batch norm follows each layer.
        bare_curvature: Σ w ⊙ (Hg) over the other layers.

    >>> from torch import tensor
    >>> grasp([tensor([3.0, 4.0]), tensor([9.0])], [True, False], bare_curvature=5.0)
    20.0
    """
    import torch

    scaled = [gradient.square().sum() for gradient, norm in zip(gradients, normalised, strict=True) if norm]
    return (float(torch.stack(scaled).sum()) if scaled else 0.0) - bare_curvature
