"""Activation patterns of a thin copy of the network on random inputs."""

import torch
from torch import Tensor

from backend.network import build_network
from backend.scoring.live import LiveNetwork, features
from backend.scoring.seeding import make_generator
from backend.scoring.subject import Subject
from backend.scoring.training import TrainingArithmetic

BATCHES = 3
INPUTS_PER_BATCH = 1000
SIDE = 3
"""Height and width of the inputs, pixels."""


@torch.no_grad()
def region_patterns(subject: Subject) -> Tensor:
    """Forward passes of 3 × 1000 inputs, one channel of 3×3, through one cell a stage of one channel, without the stem.

    Train mode. The inputs are so small that the first shortcut yields one pixel where its residual has 2×2; that pixel
    is added to each of them.
    """
    generator = make_generator(subject.seed, "linear regions")
    cell = subject.design.cell.representative()
    thin = LiveNetwork.of(build_network(cell, 1, channels=1, cells_per_stage=1, generator=generator))
    shape = (INPUTS_PER_BATCH, 1, SIDE, SIDE)
    return torch.cat([_patterns(thin, torch.randn(shape, generator=generator)) for _ in range(BATCHES)])


def _patterns(network: LiveNetwork, inputs: Tensor) -> Tensor:
    codes: list[Tensor] = []
    arithmetic = TrainingArithmetic(
        network.weights, network.norms, on_relu=lambda value: codes.append((value > 0).flatten(1))
    )
    features(network, arithmetic, inputs, stem=False)
    return torch.cat(codes, dim=1)
