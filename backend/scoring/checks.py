"""Checks of what is to be scored, before any work: each error names the argument and what is valid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

from backend import proxies as registry
from backend.errors import UserError
from backend.proxies import Proxy
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.task import Task, leaves


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


def check_batch(task: Task, proxies: Sequence[Proxy], *, classes_alone: bool = True, own_loss: bool = False) -> None:
    """Checks a mini-batch against the proxies that are to read it.

    Args:
        task: batch expected finite; labels expected int64 (B,), 0 to outputs − 1; None if no proxy needs them.
        proxies: what is to be computed.
        classes_alone: whether labels can only be classes of the examples, not soft or of each position.
        own_loss: whether a loss of a user's own takes the labels, whatever they are.

    Raises:
        UserError: something else.
    """
    check_examples(task, proxies)
    is_other = isinstance(task.labels, Tensor) and (task.labels.is_floating_point() or task.labels.dim() > 1)
    if task.labels is not None and not own_loss and (classes_alone or not is_other):
        check_classes(task.labels, (task.count,), task.num_outputs)


def check_examples(task: Task, proxies: Sequence[Proxy]) -> None:
    """Check that a mini-batch has enough examples, finite values, and labels where a proxy needs them.

    Raises:
        UserError: it has not.
    """
    if any(leaf.is_floating_point() and not leaf.isfinite().all() for leaf in leaves(task.batch)):
        raise UserError("images: expected finite values, got NaN or infinity")
    for proxy in proxies:
        if task.count < proxy.min_images:
            raise UserError(f"images: {proxy.name} needs at least {proxy.min_images}, got {task.count}")
        if proxy.needs_labels and task.labels is None:
            raise UserError(f"labels: {proxy.name} needs them, got None")


def check_classes(labels: object, shape: tuple[int, ...], num_classes: int) -> None:
    """Check that labels are numbers of classes.

    Args:
        labels: what was given.
        shape: expected.
        num_classes: outputs of the network.

    Raises:
        UserError: they are no int64 tensor of that shape with values from 0 to the number of classes − 1.
    """
    expected = f"labels: expected an int64 tensor {shape} of values from 0 to {num_classes - 1}"
    if not isinstance(labels, Tensor):
        raise UserError(f"{expected}, got a {type(labels).__name__}")
    if labels.dtype != torch.int64 or tuple(labels.shape) != shape:
        raise UserError(f"{expected}, got {labels.dtype} {tuple(labels.shape)}")
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0 or highest >= num_classes:
        raise UserError(f"{expected}, got values from {lowest} to {highest}")


def check_labels(labels: object, outputs: tuple[int, ...]) -> None:
    """Check that labels fit the outputs of a network in a cross-entropy.

    Args:
        labels: classes of the examples, or of each of their positions, or probabilities like the outputs.
        outputs: shape of the outputs, (B, classes, …).

    Raises:
        UserError: they do not.
    """
    if isinstance(labels, Tensor) and labels.is_floating_point():
        if tuple(labels.shape) != outputs:
            said = f"labels: expected classes, int64 {(outputs[0], *outputs[2:])}, or probabilities {outputs}"
            raise UserError(f"{said}, got {labels.dtype} {tuple(labels.shape)}")
    elif len(outputs) < 2:
        raise UserError(f"loss: cross-entropy takes outputs (B, classes, …), got {outputs}; give Task(loss=…)")
    else:
        check_classes(labels, (outputs[0], *outputs[2:]), outputs[1])
