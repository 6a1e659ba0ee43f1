"""The arithmetic of a pass: pooling, and batch norm with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


def pool(value: Tensor) -> Tensor:
    """Average pooling 3×3 that keeps the size and leaves the padding out of the mean; not for autograd."""
    return _window_sums(value).mul_(_shares(value.shape[2], value.shape[3], value.dtype, value.device))


def pool_adjoint(gradient: Tensor) -> Tensor:
    """What `pool` makes of a gradient on its way back."""
    return _window_sums(gradient * _shares(gradient.shape[2], gradient.shape[3], gradient.dtype, gradient.device))


def halve(value: Tensor) -> Tensor:
    """Average pooling 2×2 with stride 2."""
    return functional.avg_pool2d(value, 2)


def halve_adjoint(gradient: Tensor) -> Tensor:
    """What `halve` makes of a gradient on its way back."""
    return functional.interpolate(gradient, scale_factor=2).mul_(0.25)


def _window_sums(value: Tensor) -> Tensor:
    """Sums of 3×3 windows, as a convolution of each channel: several times faster than a pooling on the CPU."""
    ones = value.new_ones((value.shape[1], 1, 3, 3))
    return functional.conv2d(value, ones, padding=1, groups=value.shape[1])


@lru_cache(maxsize=64)
def _shares(height: int, width: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    """1/the number of pixels in the window around each pixel, (height, width)."""
    return 1 / _window_sums(torch.ones((1, 1, height, width), dtype=dtype, device=device))[0, 0]


class TensorArithmetic:
    """The linear part of an `Arithmetic` on tensors."""

    def pool(self, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return pool(value)

    def halve(self, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return halve(value)

    def add(self, values: Sequence[Tensor]) -> Tensor:
        """See `Arithmetic`."""
        return reduce(torch.add, values)


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
