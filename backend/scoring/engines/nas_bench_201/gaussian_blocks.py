"""A Gaussian network on Gaussian images: spectra of each block's features, and what goes back through the block."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import torch
from torch import Tensor

from backend.scoring.engines.blocks import IMAGES, covariance, pullback, spectra
from backend.scoring.engines.nas_bench_201.arithmetic import Norm, Value
from backend.scoring.engines.nas_bench_201.backpropagation import Tape, TrainingArithmetic, channels_last
from backend.scoring.engines.nas_bench_201.live import LiveNetwork, block_output
from backend.scoring.engines.nas_bench_201.subject import CellSubject, layout
from backend.scoring.runtime import make_generator, upload


@torch.no_grad()
def gaussian_blocks(subject: CellSubject) -> dict[str, object]:
    """One forward pass, and one sweep back through each block on its own.

    Returns:
        block_spectra and block_pullbacks.
    """
    covariances, pullbacks = [], []
    for features, back in _walk(subject):
        covariances.append(covariance(features))
        if back is not None:
            pullbacks.append(back)
    return {"block_spectra": spectra(covariances), "block_pullbacks": tuple(pullbacks)}


def _walk(subject: CellSubject) -> Iterator[tuple[Tensor, Tensor | None]]:
    """The features after the stem and after each block, with what the block's Jacobian does to a random cotangent."""
    generator = make_generator(subject.seed, "gaussian blocks")
    network = _gaussian(subject, generator)
    images = upload(torch.randn((IMAGES, *subject.images.shape[1:]), generator=generator), subject.device)
    arithmetic = TrainingArithmetic(network.weights, network.norms)
    value = arithmetic.convolve(network.stem, Value.of(channels_last(images))).tensor
    yield value, None
    for block in network.blocks:
        tape = Tape(network)
        inputs = tape.variable(value)
        output = block_output(network, tape, block, inputs)
        value = output.value.tensor
        signs = torch.randint(2, tuple(value.shape), generator=generator, dtype=torch.float32)
        cotangents = channels_last(upload(signs.mul_(2).sub_(1), subject.device))
        yield value, pullback(tape.pull_back(output, cotangents, inputs), cotangents)


def _gaussian(subject: CellSubject, generator: torch.Generator) -> LiveNetwork:
    """The network with Kaiming-normal (fan-in) weights and fresh batch norms."""

    def draw(weight: Tensor) -> Tensor:
        deviation = sqrt(2 / weight[0].numel())
        drawn = torch.randn(tuple(weight.shape), generator=generator).mul_(deviation)
        return upload(drawn, subject.device).contiguous(memory_format=layout(weight))

    live = subject.live
    norms = [Norm(torch.ones_like(weight), torch.zeros_like(bias), eps) for weight, bias, eps in live.norms]
    return live.with_weights([draw(weight) for weight in live.weights], norms)
