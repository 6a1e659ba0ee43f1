"""The generic scoring engine: observes any module by autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from backend.scoring.engine import Pass, Subject
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.building import build_seeded, count_size
from backend.spaces.task import Task


@dataclass(frozen=True)
class ModuleSubject(Subject):
    """The module of an architecture, and the task that it is scored on."""

    architecture: Architecture = field(kw_only=True)
    task: Task = field(kw_only=True)

    @cached_property
    def network(self) -> nn.Module:
        """The network, in train mode."""
        return self.build().train()

    @cached_property
    def layers(self) -> tuple[Tensor, ...]:
        """The weights of at least two dimensions, each once: matrices and kernels, not biases and norms."""
        return tuple(weight for weight in self.network.parameters() if weight.dim() > 1 and weight.requires_grad)

    def outputs(self) -> Tensor:
        """The network's outputs, in its own mode."""
        return self.task.outputs(self.network(self.images))


class AutogradEngine:
    """Observes any module."""

    passes: Sequence[Pass] = (
        Pass(lambda subject, *_: {"gradients": _loss_gradients(subject)}, frozenset({"gradients"})),
    )
    properties: Mapping[str, Callable[[Any], Any]] = {
        "architecture": lambda subject: subject.architecture,
        "size": lambda subject: count_size(subject.network, subject.task),
        "weights": lambda subject: tuple(weight.detach() for weight in subject.layers),
    }

    def check(self, task: Task) -> None:
        """Nothing is asked of a batch but what a network's forward asks of it."""

    def subject(
        self, space: SearchSpace, architecture: Architecture, task: Task, seed: int, device: torch.device
    ) -> ModuleSubject:
        """The architecture's own network."""
        name = f"{space.words.one} {architecture.key}"
        return ModuleSubject(
            name,
            lambda: build_seeded(space, architecture, task, seed).to(device),
            task.batch,
            task.labels,
            seed,
            architecture=architecture,
            task=task,
        )


def _loss_gradients(subject: ModuleSubject) -> tuple[Tensor, ...]:
    """Gradients of the task's loss at the layers' weights; zeros where the loss does not depend on one."""
    buffers = [buffer.clone() for buffer in subject.network.buffers()]
    try:
        with torch.enable_grad():
            loss = subject.task.loss(subject.outputs(), subject.known_labels())
            found = torch.autograd.grad(loss, subject.layers, allow_unused=True, materialize_grads=True)
    finally:
        with torch.no_grad():
            for buffer, before in zip(subject.network.buffers(), buffers, strict=True):
                buffer.copy_(before)
    return tuple(gradient.detach() for gradient in found)
