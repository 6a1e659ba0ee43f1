"""Synaptic flow: absolute weights, no batch norms, an image of ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.arithmetic import TensorArithmetic
from backend.scoring.devices import to_double
from backend.scoring.live import Layer, features
from backend.scoring.subject import Subject


class FlowArithmetic(TensorArithmetic):
    """Convolutions and sums alone: with positive weights and images no ReLU ever does anything."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights = weights

    def convolve(self, layer: Layer, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return functional.conv2d(value, self._weights[layer.number], None, layer.stride, layer.padding)

    def pool(self, value: Tensor) -> Tensor:
        """See `Arithmetic`; in float64, PyTorch's own is the faster one."""
        return functional.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)

    def normalise(self, _norm: int, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return value

    def rectify(self, value: Tensor, _readers: int = 1) -> Tensor:
        """See `Arithmetic`."""
        return value


def synaptic_flow(subject: Subject) -> tuple[Tensor, ...]:
    """One forward and backward pass of one image in float64, which the flow's range (1e50) needs.

    R is the sum of the logits without the classifier's bias, a constant.
    """
    live = subject.live
    with torch.enable_grad():
        weights = [to_double(weight).abs().requires_grad_() for weight in live.weights]
        image = torch.ones((1, *subject.images.shape[1:]), dtype=torch.float64, device=weights[0].device)
        pooled = features(live, FlowArithmetic(weights), image).mean((2, 3))
        flow = functional.linear(pooled, weights[live.classifier.number]).sum()
        gradients = torch.autograd.grad(flow, weights)
    # Both factors are positive: no absolute value is left to take.
    return tuple(w.detach() * g for w, g in zip(weights, gradients, strict=True))
