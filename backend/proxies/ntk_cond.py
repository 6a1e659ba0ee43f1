"""Condition number of the neural tangent kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="NTK condition number",
    direction="minimize",
    formula=r"\lambda_{\max}(\Theta) / \lambda_{\min}(\Theta)",
    source="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535, eq. 3",
    description="How unevenly gradient descent would learn the images: condition number of the tangent kernel of the "
    "summed logits, in train mode.",
    traps=(
        "Lower is better.",
        "Its mini-batch is the first 16 images of the batch, whatever the batch size.",
        "A singular kernel has no finite condition number: such a network has no score.",
    ),
    skewed=True,
    reads=("tangent_kernel",),
)
def ntk_cond(tangent_kernel: Tensor) -> float:
    """κ = λmax / λmin; infinite for a singular kernel.

    Args:
        tangent_kernel: Θ, positive semi-definite, (b, b), float64.

    >>> from torch import tensor
    >>> ntk_cond(tensor([[4.0, 0.0], [0.0, 2.0]]).double())
    2.0
    """
    import torch

    eigenvalues = torch.linalg.eigvalsh(tangent_kernel)
    smallest, largest = float(eigenvalues[0]), float(eigenvalues[-1])
    return largest / smallest if smallest > 0 else float("inf")
