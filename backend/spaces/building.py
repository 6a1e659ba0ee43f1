"""Builds networks of a space reproducibly, and counts their size."""

from __future__ import annotations

import threading

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from backend.errors import UserError
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Size
from backend.spaces.task import Task

_BUILDING = threading.Lock()
"""Weights come from PyTorch's global generator, which all threads share."""


def build_seeded(space: SearchSpace, architecture: Architecture, task: Task, seed: int) -> nn.Module:
    """The network of an architecture with weights of a seed; the global generator is left as it was.

    Raises:
        UserError: the space builds no module.
    """
    with _BUILDING, torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = space.build(architecture, task)
    if not isinstance(network, nn.Module):
        said = f"build returns a {type(network).__name__}, not a torch.nn.Module"
        raise UserError(f"search space {space.name!r}: {said}")
    return network


def count_size(network: nn.Module, task: Task) -> Size:
    """Trainable parameters, and multiply-accumulates of one input, of a network; its mode and buffers stay."""
    parameters = sum(weight.numel() for weight in network.parameters() if weight.requires_grad)
    training = network.training
    counter = FlopCounterMode(display=False)
    try:
        with torch.no_grad(), counter:
            network.eval()(task.batch[:1])
    finally:
        network.train(training)
    return Size(float(parameters), counter.get_total_flops() / 2e6)
