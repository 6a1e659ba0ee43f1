"""The arithmetic of a pass: pooling, and batch norm with its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.engines import fused
from backend.scoring.runtime import to_double


def pool(value: Tensor) -> Tensor:
    """Average pooling 3×3 that keeps the size and leaves the padding out of the mean; not for autograd."""
    shares = _shares(value.shape[2], value.shape[3], value.dtype, value.device)
    if loops := fused.loops(value):
        return _pooled(loops, value, shares, shares_first=False)
    return _window_sums(value).mul_(shares)


def pool_adjoint(gradient: Tensor) -> Tensor:
    """What `pool` makes of a gradient on its way back."""
    shares = _shares(gradient.shape[2], gradient.shape[3], gradient.dtype, gradient.device)
    if loops := fused.loops(gradient):
        return _pooled(loops, gradient, shares, shares_first=True)
    return _window_sums(gradient * shares)


def _pooled(loops: Any, value: Tensor, shares: Tensor, shares_first: bool) -> Tensor:
    output = torch.empty_like(value)
    images, channels, height, _ = value.shape
    rows = (part.numpy().transpose(0, 2, 3, 1).reshape(images, height, -1) for part in (value, output))
    loops.window_sums(next(rows), channels, shares.numpy(), shares_first, next(rows))
    return output


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


class Norm(NamedTuple):
    """Scale and offset of a batch norm, (C,) each, and its ε."""

    weight: Tensor
    bias: Tensor
    eps: float


class Statistics(NamedTuple):
    """Of each channel over images and positions, by groups of images that are normalised apart.

    Attributes:
        table: mean, variance over n, r = 1/√(variance + ε), weight·r and bias − mean·weight·r; (5, G, C).
    """

    table: Tensor

    @property
    def mean(self) -> Tensor:
        """Of the values, (G, C)."""
        return self.table[0]

    @property
    def variance(self) -> Tensor:
        """Of the values, over n, (G, C)."""
        return self.table[1]

    @property
    def inverse_deviation(self) -> Tensor:
        """1/√(variance + ε), (G, C)."""
        return self.table[2]

    @property
    def scale(self) -> Tensor:
        """weight·r, what the batch norm multiplies by, (G, C)."""
        return self.table[3]

    @property
    def groups(self) -> int:
        """G."""
        return self.table.shape[1]


def statistics_of(value: Tensor, norm: Norm, groups: int = 1) -> Statistics:
    """What a batch norm finds in its input.

    Args:
        value: (B, C, H, W).
        norm: scale, offset and ε.
        groups: of equally many images, each with statistics of its own.
    """
    if loops := fused.loops(value):
        found = torch.empty((5, groups, value.shape[1]))
        parameters = (norm.weight.numpy(), norm.bias.numpy(), norm.eps)
        loops.moments(fused.rows_of(value, groups), *parameters, found.numpy())
        return Statistics(found)
    parts = value.reshape(groups, -1, *value.shape[1:])
    mean = parts.mean((1, 3, 4))
    variance = (parts - mean[:, None, :, None, None]).square_().mean((1, 3, 4))
    inverse_deviation = (variance + norm.eps).rsqrt()
    scale = norm.weight * inverse_deviation
    return Statistics(torch.stack([mean, variance, inverse_deviation, scale, norm.bias - mean * scale]))


class Term(NamedTuple):
    """A part of a sum: a value as it is, or what a batch norm with these statistics makes of it."""

    value: Tensor
    statistics: Statistics | None = None


def combine(terms: Sequence[Term], *, rectified: bool = False, mask: Tensor | None = None) -> Tensor:
    """The sum of the terms, and what a ReLU makes of it if wanted, in one sweep.

    Args:
        terms: one or more, (B, C, H, W) each.
        rectified: whether negative sums become zero.
        mask: the output of a ReLU; sums become zero where it is.
    """
    values = [term.value for term in terms]
    tables = [term.statistics.table for term in terms if term.statistics]
    if not tables and (len(terms) + (mask is not None) < _AT_ONCE or values[0].numel() < _LARGE):
        return _combined(values, rectified, mask)  # to the same bits, as fast or faster
    alike = all(value.shape == values[0].shape for value in values)
    if not alike or not (loops := fused.loops(*values)):
        return _combined([_applied(term) for term in terms], rectified, mask)
    if len(terms) > _AT_ONCE:
        rest = [Term(combine(terms[:_AT_ONCE])), *terms[_AT_ONCE:]]
        return combine(rest, rectified=rectified, mask=mask)
    groups = tables[0].shape[1] if tables else 1
    if len(terms) == 1:
        scales, shifts = tables[0].numpy()[3:4], tables[0].numpy()[4]
    else:
        scales = np.ones((len(terms), groups, values[0].shape[1]), np.float32)
        shifts = np.zeros(scales.shape[1:], np.float32)
        for number, (_, statistics) in enumerate(terms):
            if statistics:
                table = statistics.table.numpy()
                scales[number] = table[3]
                shifts += table[4]
    output = torch.empty_like(values[0])
    rows = [fused.rows_of(value, groups) for value in values]
    rows += rows[:1] * (_AT_ONCE - len(rows))
    masks = rows[0] if mask is None else fused.rows_of(mask, groups)
    outputs = fused.rows_of(output, groups)
    loops.combine(*rows, len(terms), scales, shifts, rectified, mask is not None, masks, outputs)
    return output


_AT_ONCE = 3
"""The most terms that one sweep adds."""

_LARGE = 2**17
"""Of how many numbers on adding up in one sweep gains more than it costs to begin."""


def _combined(values: Sequence[Tensor], rectified: bool, mask: Tensor | None) -> Tensor:
    total = reduce(torch.add, values)
    if mask is not None:
        return torch.ops.aten.threshold_backward(total, mask, 0)  # type: ignore[no-any-return]
    return functional.relu(total) if rectified else total


def _applied(term: Term) -> Tensor:
    value, statistics = term
    if statistics is None:
        return value
    images = len(value) // statistics.groups
    scale, shift = (factor.repeat_interleave(images, 0)[:, :, None, None] for factor in statistics.table[3:])
    return torch.addcmul(shift, value, scale)


class Value:
    """A sum of terms that is computed when it is read: often its ReLU alone is, and a batch norm's output never.

    Args:
        terms: one or more.
    """

    def __init__(self, *terms: Term) -> None:
        self._terms = terms

    @classmethod
    def of(cls, tensor: Tensor) -> Value:
        """A value that is there."""
        return cls(Term(tensor))

    @property
    def tensor(self) -> Tensor:
        """The value, (B, C, H, W)."""
        self._terms = (Term(combine(self._terms)),)
        return self._terms[0].value

    @property
    def rectified(self) -> Tensor:
        """Its ReLU; the value itself stays uncomputed."""
        return combine(self._terms, rectified=True)

    def masked(self, mask: Tensor) -> Value:
        """The value where the output of a ReLU is not zero, and zero elsewhere."""
        return Value.of(combine(self._terms, mask=mask))

    @staticmethod
    def total(values: Sequence[Value]) -> Value:
        """The sum of one or more."""
        return values[0] if len(values) == 1 else Value(*(value.settled()._terms[0] for value in values))

    def settled(self) -> Value:
        """The value in one term, which takes less memory than several."""
        return self if len(self._terms) == 1 else Value.of(self.tensor)


def batch_norm(value: Tensor, norm: Norm) -> tuple[Tensor, Statistics]:
    """Normalises each channel over images and positions, then scales and shifts it.

    Args:
        value: (B, C, H, W).
        norm: scale, offset and ε.
    """
    statistics = statistics_of(value, norm)
    return combine([Term(value, statistics)]), statistics


class Sweep(NamedTuple):
    """A batch norm's Jacobian times a direction, and what it takes to get there.

    Attributes:
        product: w·r·(d − mean d − x̂·mean(x̂ ⊙ d)), (B, C, H, W).
        means: mean d and mean(d ⊙ (x − mean x)), float64 (2, G, C).
    """

    product: Tensor
    means: Tensor


def jacobian_sweep(direction: Tensor, value: Tensor, norm: Norm, statistics: Statistics) -> Sweep:
    """The product of a batch norm's Jacobian at the value with a direction.

    The Jacobian is symmetric: a gradient goes back and a tangent forward by the same product.

    Args:
        direction: (B, C, H, W).
        value: what the batch norm read, (B, C, H, W).
        norm: the batch norm.
        statistics: of the value.
    """
    groups = statistics.groups
    if loops := fused.loops(direction, value):
        output = torch.empty_like(value)
        means = torch.empty((2, *statistics.table.shape[1:]), dtype=torch.float64)
        rows, values, outputs = (fused.rows_of(part, groups) for part in (direction, value, output))
        loops.jacobian_product(rows, values, statistics.table.numpy(), means.numpy(), outputs)
        return Sweep(output, means)
    found = [
        torch.ops.aten.native_batch_norm_backward(
            d, x, torch.ones_like(norm.weight), None, None, mean, r, True, norm.eps, [True, True, True]
        )
        for d, x, mean, r in zip(
            direction.chunk(groups), value.chunk(groups), statistics.mean, statistics.inverse_deviation, strict=True
        )
    ]
    products, at_weight, at_bias = zip(*found, strict=True)
    count = value.numel() // statistics.mean.numel()
    slope = torch.stack(at_weight) / statistics.inverse_deviation / count
    product = torch.cat(products).mul_(norm.weight[:, None, None])
    return Sweep(product, to_double(torch.stack([torch.stack(at_bias) / count, slope])))


def jacobian_product(direction: Tensor, value: Tensor, norm: Norm, statistics: Statistics) -> Tensor:
    """The product alone of `jacobian_sweep`."""
    return jacobian_sweep(direction, value, norm, statistics).product


class Contractions(NamedTuple):
    """Of each channel over images and positions, float64 (C,) each.

    Attributes:
        one: Σ cotangents ⊙ one.
        other: Σ cotangents ⊙ other.
        covariance: mean(one ⊙ (other − mean of other)).
    """

    one: Tensor
    other: Tensor
    covariance: Tensor


def contractions(cotangents: Tensor, one: Tensor, other: Tensor, mean: Tensor) -> Contractions:
    """What the second derivative of a batch norm takes of two tangents of its input.

    Args:
        cotangents: of the input, (B, C, H, W).
        one: a tangent, of the same shape.
        other: another.
        mean: of the other, float64 (C,).
    """
    if loops := fused.loops(cotangents, one, other):
        sums = torch.empty((3, len(mean)), dtype=torch.float64)
        rows = (fused.rows_of(part, 1)[0] for part in (cotangents, one, other))
        loops.contractions(*rows, mean.numpy(), sums.numpy())
    else:
        centred = other - mean.to(other.dtype)[:, None, None]
        pairs = ((cotangents, one), (cotangents, other), (one, centred))
        sums = torch.stack([to_double((a * b).sum((0, 2, 3))) for a, b in pairs])
    return Contractions(sums[0], sums[1], sums[2] * (len(mean) / one.numel()))


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
        loops.image_products(*(fused.rows_of(part, len(part)) for part in (one, other)), one.shape[1], sums.numpy())
        return sums
    return (one * other).sum((2, 3))
