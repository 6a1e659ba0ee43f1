"""Batch norm with the statistics of the batch, accurate in the channels-last layout.

PyTorch's own takes each statistic of that layout in one long float32 sum, off by 1e-5; far enough to flip signs before
the next ReLU, and deep networks multiply such differences. Here the sums are pairwise (1e-7) and the statistics are
given to PyTorch's kernels.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Norm(NamedTuple):
    """Scale and offset of a batch norm, (C,) each, and its ε."""

    weight: Tensor
    bias: Tensor
    eps: float


class Statistics(NamedTuple):
    """Of each channel over images and positions, (C,) each.

    Attributes:
        mean: of the values.
        variance: of the values, over n.
        inverse_deviation: 1/√(variance + ε).
    """

    mean: Tensor
    variance: Tensor
    inverse_deviation: Tensor


def batch_norm(value: Tensor, norm: Norm) -> tuple[Tensor, Statistics]:
    """Normalises each channel over images and positions, then scales and shifts it.

    Args:
        value: (B, C, H, W).
        norm: scale, offset and ε.
    """
    mean = value.mean((0, 2, 3))
    variance = (value - mean[:, None, None]).square_().mean((0, 2, 3))
    output = functional.batch_norm(value, mean, variance, norm.weight, norm.bias, training=False, eps=norm.eps)
    return output, Statistics(mean, variance, (variance + norm.eps).rsqrt())


def jacobian_product(direction: Tensor, value: Tensor, norm: Norm, statistics: Statistics) -> Tensor:
    """The product of a batch norm's Jacobian at the value with a direction: w·r·(d − mean d − x̂·mean(x̂ ⊙ d)).

    The Jacobian is symmetric: a gradient goes back and a tangent forward by the same product.

    Args:
        direction: (B, C, H, W).
        value: what the batch norm read, (B, C, H, W).
        norm: the batch norm.
        statistics: of the value.
    """
    product: Tensor = torch.ops.aten.native_batch_norm_backward(
        direction,
        value,
        norm.weight,
        None,
        None,
        statistics.mean,
        statistics.inverse_deviation,
        True,
        norm.eps,
        [True, False, False],
    )[0]
    return product


def covariance(one: Tensor, other: Tensor, mean: Tensor | None = None) -> Tensor:
    """Of each channel over images and positions, (C,): mean(one ⊙ (other − mean of other)).

    PyTorch's kernel for the gradient of a batch norm's scale takes it in one sweep.

    Args:
        one: (B, C, H, W).
        other: (B, C, H, W).
        mean: of the other, (C,); computed if None.
    """
    mean = other.mean((0, 2, 3)) if mean is None else mean
    ones = torch.ones_like(mean)
    total: Tensor = torch.ops.aten.native_batch_norm_backward(
        one, other, ones, None, None, mean, ones, True, 0.0, [False, True, False]
    )[1]
    return total * (len(mean) / one.numel())
