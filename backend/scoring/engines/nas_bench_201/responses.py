"""The passes on other weights or inputs: synaptic flow, regions, and responses to perturbed inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import torch
from torch import Tensor
from torch.nn import functional

from backend.proxies.observations import ZenResponse
from backend.scoring.engines.nas_bench_201.arithmetic import Norm, Value, halve
from backend.scoring.engines.nas_bench_201.backpropagation import TrainingArithmetic, channels_last
from backend.scoring.engines.nas_bench_201.live import Layer, LiveNetwork, features
from backend.scoring.engines.nas_bench_201.subject import CellSubject, layout
from backend.scoring.runtime import make_generator, to_double, upload
from backend.spaces.nas_bench_201.network import build_network


class FlowArithmetic:
    """Convolutions and sums alone: with positive weights and images no ReLU ever does anything."""

    def __init__(self, weights: Sequence[Tensor]) -> None:
        self._weights = weights

    def convolve(self, layer: Layer, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return functional.conv2d(value, self._weights[layer.number], None, layer.stride, layer.padding)

    def pool(self, value: Tensor) -> Tensor:
        """See `Arithmetic`; in float64, PyTorch's own is the faster one."""
        return functional.avg_pool2d(value, 3, stride=1, padding=1, count_include_pad=False)

    def halve(self, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return halve(value)

    def add(self, values: Sequence[Tensor]) -> Tensor:
        """See `Arithmetic`."""
        return reduce(torch.add, values)

    def normalise(self, _norm: int, value: Tensor) -> Tensor:
        """See `Arithmetic`."""
        return value

    def rectify(self, value: Tensor, _readers: int = 1) -> Tensor:
        """See `Arithmetic`."""
        return value


def synaptic_flow(subject: CellSubject) -> tuple[Tensor, ...]:
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


BATCHES = 3
INPUTS_PER_BATCH = 1000
SIDE = 3
"""Height and width of the inputs, pixels."""


@torch.no_grad()
def region_patterns(subject: CellSubject) -> Tensor:
    """A forward pass of 3 × 1000 inputs, one channel of 3×3, through one cell a stage of one channel, without the stem.

    Train mode. The inputs are so small that the first shortcut yields one pixel where its residual has 2×2; that pixel
    is added to each of them.
    """
    generator = make_generator(subject.seed, "linear regions")
    cell = subject.architecture.cell.representative()
    thin = LiveNetwork.of(build_network(cell, 1, channels=1, cells_per_stage=1, generator=generator))
    shape = (INPUTS_PER_BATCH, 1, SIDE, SIDE)
    inputs = torch.cat([torch.randn(shape, generator=generator) for _ in range(BATCHES)])
    codes: list[Tensor] = []
    arithmetic = TrainingArithmetic(
        thin.weights, thin.norms, groups=BATCHES, on_relu=lambda value: codes.append((value > 0).flatten(1))
    )
    features(thin, arithmetic, Value.of(inputs), stem=False)
    return torch.cat(codes, dim=1)


REPEATS = 4
"""Networks whose scores are averaged: the score varies by about 1% from one draw of the weights to the next."""

IMAGES = 8
"""Images of each repeat; more of them hardly make the score steadier."""

MIXTURE = 0.01
"""How much noise changes the images."""


def zen_responses(subject: CellSubject) -> tuple[ZenResponse, ...]:
    """A forward pass a repeat; the images of the subject give no more than their size."""
    return tuple(_respond(subject, repeat) for repeat in range(REPEATS))


@torch.no_grad()
def _respond(subject: CellSubject, repeat: int) -> ZenResponse:
    live = subject.live
    generator = make_generator(subject.seed, f"zen {repeat}")

    def draw(shape: tuple[int, ...]) -> Tensor:
        return upload(torch.randn(shape, generator=generator), subject.device)

    weights = [draw(tuple(weight.shape)).contiguous(memory_format=layout(weight)) for weight in live.weights]
    norms = [Norm(torch.ones_like(weight), torch.zeros_like(bias), eps) for weight, bias, eps in live.norms]
    shape = (IMAGES, *subject.images.shape[1:])
    images = draw(shape)
    changed = images + MIXTURE * draw(shape)

    variances: list[Tensor] = []
    # The images and the changed ones go through together, each with batch statistics of their own.
    arithmetic = TrainingArithmetic(
        weights, norms, groups=2, on_norm=lambda statistics: variances.append(statistics.variance[0].mean())
    )
    before, after = features(live, arithmetic, Value.of(channels_last(torch.cat([images, changed])))).tensor.chunk(2)
    change = (before - after).abs().sum((1, 2, 3)).mean()
    return ZenResponse(change, torch.stack(variances))
