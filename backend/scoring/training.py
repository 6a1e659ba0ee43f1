"""The network in train mode: every batch norm takes the statistics of the batch at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.arithmetic import TensorArithmetic
from backend.scoring.batch_norm import Norm, Statistics, batch_norm
from backend.scoring.live import Layer


class TrainingArithmetic(TensorArithmetic):
    """Ordinary tensors, batch statistics; running statistics are neither used nor changed.

    Args:
        weights: of each layer.
        norms: each batch norm.
        on_relu: called with the input of ReLUs.
        on_norm: called with the statistics of each batch norm.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        norms: Sequence[Norm],
        *,
        on_relu: Callable[[Tensor], None] | None = None,
        on_norm: Callable[[Statistics], None] | None = None,
    ) -> None:
        self._weights, self._norms = weights, norms
        self._on_relu, self._on_norm = on_relu, on_norm

    def convolve(self, layer: Layer, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        output = functional.conv2d(value, self._weights[layer.number], None, layer.stride, layer.padding)
        return output if layer.norm is None else self.normalise(layer.norm, output)

    def normalise(self, norm: int, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        output, statistics = batch_norm(value, self._norms[norm])
        if self._on_norm:
            self._on_norm(statistics)
        return output

    def rectify(self, value: Tensor, _readers: int = 1) -> Tensor:
        """See `Arithmetic`."""
        if self._on_relu:
            self._on_relu(value)
        return functional.relu(value)


def channels_last(images: Tensor) -> Tensor:
    """The same images in the memory layout in which convolutions and poolings are fastest."""
    return images.contiguous(memory_format=torch.channels_last)
