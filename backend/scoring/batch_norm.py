"""Batch norm with the statistics of the batch, accurate in the channels-last layout.

PyTorch's own takes each statistic of that layout in one long float32 sum, off by 1e-5; far enough to flip signs before
the next ReLU, and deep networks multiply such differences. Here the sums are pairwise (1e-7) and the statistics are
given to PyTorch's kernels.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def batch_norm(value: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
    """Normalises each channel over images and positions, then scales and shifts it.

    Autograd follows the value, not weight and bias.

    Args:
        value: (B, C, H, W).
        weight: (C,).
        bias: (C,).
        eps: added to the variance.
    """
    normalised: Tensor = _BatchNorm.apply(value, weight, bias, eps)  # type: ignore[no-untyped-call]
    return normalised


class _BatchNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, value: Tensor, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        mean = value.mean((0, 2, 3))
        variance = (value - mean[:, None, None]).square_().mean((0, 2, 3))
        ctx.save_for_backward(value, weight, mean, (variance + eps).rsqrt())
        ctx.eps = eps
        return functional.batch_norm(value, mean, variance, weight, bias, training=False, eps=eps)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        value, weight, mean, inverse_deviation = ctx.saved_tensors
        gradient: Tensor = torch.ops.aten.native_batch_norm_backward(
            gradients[0], value, weight, None, None, mean, inverse_deviation, True, ctx.eps, [True, False, False]
        )[0]
        return gradient, None, None, None
