"""Determinants of agreement matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

_ROUNDING = 1e-13


def log_determinants(agreements: Tensor) -> Tensor:
    """log|det K| of matrices of agreement counts; −inf where K is singular.

    K is positive semi-definite: a Cholesky factor gives the determinant, and its pivots show a singular matrix, whose
    float64 determinant would otherwise be rounding noise.

    Args:
        agreements: (..., B, B), float64.

    Returns:
        (...), float64.

    >>> from torch import tensor
    >>> log_determinants(tensor([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 1.0], [1.0, 1.0]]]).double())
    tensor([1.0986,   -inf], dtype=torch.float64)
    """
    import torch

    factors, failures = torch.linalg.cholesky_ex(agreements)
    pivots = factors.diagonal(dim1=-2, dim2=-1).square()
    largest = agreements.diagonal(dim1=-2, dim2=-1).amax(-1)
    singular = (failures > 0) | (pivots.amin(-1) <= _ROUNDING * agreements.shape[-1] * largest)
    return torch.where(singular, -torch.inf, pivots.log().sum(-1))
