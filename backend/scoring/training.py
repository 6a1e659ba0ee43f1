"""The network in train mode: every batch norm takes the statistics of the batch at hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.arithmetic import TensorArithmetic
from backend.scoring.batch_norm import batch_norm
from backend.scoring.live import Layer, LiveNetwork, Norm, features


class TrainingArithmetic(TensorArithmetic):
    """Ordinary tensors, batch statistics; running statistics are neither used nor changed.

    Args:
        weights: of each layer.
        norms: each batch norm.
        on_layer: called with each convolution's number and output, before its batch norm.
        on_relu: called with the input of ReLUs and the number of equal ones that it stands for.
        on_norm: called with the input of each batch norm.
    """

    def __init__(
        self,
        weights: Sequence[Tensor],
        norms: Sequence[Norm],
        *,
        on_layer: Callable[[int, Tensor], None] | None = None,
        on_relu: Callable[[Tensor, int], None] | None = None,
        on_norm: Callable[[Tensor], None] | None = None,
    ) -> None:
        self._weights, self._norms = weights, norms
        self._on_layer, self._on_relu, self._on_norm = on_layer, on_relu, on_norm

    def convolve(self, layer: Layer, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        output = functional.conv2d(value, self._weights[layer.number], None, layer.stride, layer.padding)
        if self._on_layer:
            self._on_layer(layer.number, output)
        return output if layer.norm is None else self.normalise(layer.norm, output)

    def normalise(self, norm: int, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        if self._on_norm:
            self._on_norm(value)
        weight, bias, eps = self._norms[norm]
        return batch_norm(value, weight, bias, eps)

    def rectify(self, value: Tensor, readers: int = 1) -> Tensor:
        """See `Arithmetic`."""
        if self._on_relu:
            self._on_relu(value, readers)
        return functional.relu(value)


def logits(
    network: LiveNetwork,
    weights: Sequence[Tensor],
    images: Tensor,
    *,
    on_layer: Callable[[int, Tensor], None] | None = None,
    on_relu: Callable[[Tensor, int], None] | None = None,
) -> Tensor:
    """The logits of a batch in train mode, (B, num_classes).

    Args:
        network: gives the structure, the batch norms and the classifier's bias.
        weights: of each layer, in place of the network's own (equal ones that autograd follows, say).
        images: (B, 3, H, W).
        on_layer: called with each layer's number and output, before its batch norm; the logits come last.
        on_relu: called with the input of ReLUs and the number of equal ones that it stands for.
    """
    arithmetic = TrainingArithmetic(weights, network.norms, on_layer=on_layer, on_relu=on_relu)
    pooled = features(network, arithmetic, channels_last(images)).mean((2, 3))
    output = functional.linear(pooled, weights[network.classifier.number], network.classifier_bias)
    if on_layer:
        on_layer(network.classifier.number, output)
    return output


def channels_last(images: Tensor) -> Tensor:
    """The same images in the memory layout in which convolutions and poolings are fastest."""
    return images.contiguous(memory_format=torch.channels_last)


def tracked(weights: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The same weights as new leaves of autograd."""
    return tuple(weight.detach().requires_grad_() for weight in weights)
