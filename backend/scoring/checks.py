"""Checks of what is to be scored, before any work: each error names the argument and what is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from backend import proxies as registry
from backend.errors import UserError
from backend.proxies import Proxy
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.task import Task


class InvalidArchitectureError(UserError):
    """No network can be built of an architecture, such as an architecture that connects nothing: it has no score.

    Args:
        space: of the architecture.
        architecture: the one.
    """

    def __init__(self, space: SearchSpace, architecture: Architecture) -> None:
        super().__init__(f"{space.words.one} {architecture.key}: {architecture.invalid}, so it has no score")
        self.space, self.architecture = space, architecture

    def __reduce__(self) -> tuple[type, tuple[SearchSpace, Architecture]]:
        return type(self), (self.space, self.architecture)


def check_proxies(names: Iterable[str]) -> tuple[Proxy, ...]:
    """The proxies of these names, each once.

    Raises:
        UserError: a single text instead of a sequence, or an unknown name.
    """
    if isinstance(names, str):
        raise UserError(f"proxies: expected a sequence of names, got the text {names!r}; use [{names!r}]")
    return tuple(registry.get(name) for name in dict.fromkeys(names))


def check_batch(task: Task, proxies: Sequence[Proxy]) -> None:
    """Checks a mini-batch against the proxies that are to read it.

    Args:
        task: batch expected finite; labels expected int64 (B,), 0 to outputs − 1; None if no proxy needs them.
        proxies: what is to be computed.

    Raises:
        UserError: something else.
    """
    if task.batch.is_floating_point() and not task.batch.isfinite().all():
        raise UserError("images: expected finite values, got NaN or infinity")
    for proxy in proxies:
        if len(task.batch) < proxy.min_images:
            raise UserError(f"images: {proxy.name} needs at least {proxy.min_images}, got {len(task.batch)}")
        if proxy.needs_labels and task.labels is None:
            raise UserError(f"labels: {proxy.name} needs them, got None")
    if task.labels is not None:
        _check_labels(task.labels, len(task.batch), task.num_outputs)


def _check_labels(labels: Tensor, count: int, num_classes: int) -> None:
    expected = f"labels: expected an int64 tensor ({count},) of values from 0 to {num_classes - 1}"
    if not isinstance(labels, Tensor):
        raise UserError(f"{expected}, got a {type(labels).__name__}")
    if labels.dtype != torch.int64 or tuple(labels.shape) != (count,):
        raise UserError(f"{expected}, got {labels.dtype} {tuple(labels.shape)}")
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= num_classes:
        raise UserError(f"{expected}, got values from {lowest} to {highest}")
