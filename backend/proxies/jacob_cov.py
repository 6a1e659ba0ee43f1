"""Jacobian covariance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor

_K = 1e-5


@register(
    title="Jacobian covariance",
    formula=r"-\sum_i \log(v_i + k) + \tfrac{1}{v_i + k}",
    source="Mellor et al., Neural Architecture Search without Training, 2020, arXiv 2006.04647v1",
    description="How differently the network's linear maps treat the images: eigenvalues of the correlations between "
    "the images' Jacobians.",
    traps=(
        "Nearly equal Jacobians give very large negative values: networks without convolutions lie thousands below the "
        "others. Use ranks or a symlog axis.",
    ),
    skewed=True,
    reads=("input_gradients",),
)
def jacob_cov(input_gradients: Tensor) -> float:
    """−Σ [log(v + k) + 1/(v + k)], k = 1e-5, v the eigenvalues of the correlation matrix of the rows.

    Args:
        input_gradients: row i is the gradient of the sum of all logits at image i; (B, inputs), float64.

    >>> from torch import tensor
    >>> round(jacob_cov(tensor([[1.0, 0.0, 2.0], [0.0, 1.0, 0.5]]).double()), 3)
    -2.379
    """
    import torch

    eigenvalues = torch.linalg.eigvalsh(torch.corrcoef(input_gradients)) + _K
    return -float((eigenvalues.log() + 1 / eigenvalues).sum())
