"""The arithmetic of a pass: pooling, and batch norm with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines import fused


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
    statistics = statistics_of(value, norm.eps)
    if loops := fused.loops(value):
        scale = norm.weight * statistics.inverse_deviation
        shift = norm.bias - statistics.mean * scale
        output = torch.empty_like(value)
        columns = (fused.columns_of(factor, value) for factor in (scale, shift))
        loops.affine(fused.rows_of(value), *columns, fused.rows_of(output))
        return output, statistics
    mean, variance, _ = statistics
    return functional.batch_norm(value, mean, variance, *norm[:2], training=False, eps=norm.eps), statistics


def statistics_of(value: Tensor, eps: float) -> Statistics:
    """What a batch norm needs to know of its input.

    Args:
        value: (B, C, H, W).
        eps: of the batch norm.
    """
    if loops := fused.loops(value):
        found = Statistics(*(torch.empty(value.shape[1]) for _ in Statistics._fields))
        loops.moments(fused.rows_of(value), value.shape[1], eps, *(part.numpy() for part in found))
        return found
    mean = value.mean((0, 2, 3))
    variance = (value - mean[:, None, None]).square_().mean((0, 2, 3))
    return Statistics(mean, variance, (variance + eps).rsqrt())


def jacobian_product(direction: Tensor, value: Tensor, norm: Norm, statistics: Statistics) -> Tensor:
    """The product of a batch norm's Jacobian at the value with a direction: w·r·(d − mean d − x̂·mean(x̂ ⊙ d)).

    The Jacobian is symmetric: a gradient goes back and a tangent forward by the same product.

    Args:
        direction: (B, C, H, W).
        value: what the batch norm read, (B, C, H, W).
        norm: the batch norm.
        statistics: of the value.
    """
    if loops := fused.loops(direction, value):
        mean, _, r = statistics
        sums, slopes = _products(direction, value, mean)
        count = value.numel() // len(mean)
        scale = norm.weight * r
        other_scale = -(scale * (slopes * r.double().square() / count)).float()
        shift = -(scale * (sums / count)).float() - other_scale * mean
        output = torch.empty_like(value)
        columns = (fused.columns_of(factor, value) for factor in (scale, other_scale, shift))
        loops.affine_of_two(*map(fused.rows_of, (direction, value)), *columns, fused.rows_of(output))
        return output
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

    On other devices than the CPU, PyTorch's kernel for the gradient of a batch norm's scale takes it in one sweep.

    Args:
        one: (B, C, H, W).
        other: (B, C, H, W).
        mean: of the other, (C,); computed if None.
    """
    mean = statistics_of(other, 0.0).mean if mean is None else mean
    if fused.loops(one, other):
        return (_products(one, other, mean)[1] * (len(mean) / one.numel())).float()
    ones = torch.ones_like(mean)
    total: Tensor = torch.ops.aten.native_batch_norm_backward(
        one, other, ones, None, None, mean, ones, True, 0.0, [False, True, False]
    )[1]
    return total * (len(mean) / one.numel())


def image_products(one: Tensor, other: Tensor) -> Tensor:
    """Σ one ⊙ other over the positions of each image and channel, (B, C).

    Args:
        one: (B, C, H, W), or (B, C), which has no positions.
        other: of the same shape.
    """
    if one.dim() == 2:
        return one * other
    if loops := fused.loops(one, other):
        sums = torch.empty(one.shape[:2])
        parts = (fused.rows_of(part).reshape(len(one), -1, fused.width_of(part)) for part in (one, other))
        loops.image_products(*parts, one.shape[1], sums.numpy())
        return sums
    return (one * other).sum((2, 3))


def _products(one: Tensor, other: Tensor, mean: Tensor) -> tuple[Tensor, Tensor]:
    """Of each channel Σ one and Σ one ⊙ (other − mean), (C,) each in float64; for tensors that the loops take."""
    sums = tuple(torch.empty(len(mean), dtype=torch.float64) for _ in range(2))
    rows = map(fused.rows_of, (one, other))
    fused.loops(one, other).products(*rows, fused.columns_of(mean, other), *(part.numpy() for part in sums))
    return sums[0], sums[1]
