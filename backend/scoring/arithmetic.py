"""What arithmetics on ordinary tensors share: poolings and sums."""

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional


def pool(value: Tensor) -> Tensor:
    """Average pooling 3×3 that keeps the size and leaves the padding out of the mean."""
    return functional.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)


def halve(value: Tensor) -> Tensor:
    """Average pooling 2×2 with stride 2."""
    return functional.avg_pool2d(value, 2)


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
