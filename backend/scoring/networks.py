"""Scores of a network that is given, of whatever kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from backend import proxies as registry
from backend.errors import UserError
from backend.scoring.checks import check_classes, check_examples, check_labels, check_proxies
from backend.scoring.engine import Engine, Plan, Subject, check_computed, evaluate, refusals
from backend.scoring.engines.autograd import AutogradEngine, ModuleSubject
from backend.scoring.engines.nas_bench_201 import engine as nas_bench_201
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.scoring.prices import Price, measure_prices
from backend.scoring.runtime import make_generator
from backend.spaces.task import Task, Tree, map_leaves

BlocksOf = Callable[[nn.Module], Sequence[nn.Module]]
"""Gives the stem and the blocks of a network."""


def score_network(
    network: nn.Module,
    images: Tree,
    labels: Any,
    proxies: Iterable[str],
    *,
    task: Task | None = None,
    blocks: BlocksOf | None = None,
    seed: int = 0,
) -> dict[str, float]:
    """Scores a given network with the weights that it has, on its device; the network isn't changed.

    Any module is scored: what its forward computes is seen call by call, whatever the types of its modules. It runs in
    train mode, with batch statistics, and without dropout. Its layers are the weights of two dimensions or more that
    require gradients and that its outputs depend on.

    Args:
        network: any module; one that `backend.network.build_network` made is scored by a faster engine, alike.
        images: what its forward takes: a tensor such as float32 (B, 3, H, W), or a tree of tensors (`Task.batch`).
        labels: int64 (B,) classes, int64 (B, …) classes of positions, probabilities like the outputs, or whatever the
            task's loss takes; None if no proxy needs them.
        proxies: names.
        task: the loss, and which of forward's results are the outputs; cross-entropy and its only result by default.
            Its batch and labels are not used.
        blocks: gives the stem and the blocks of the network, as `backend.spaces.capabilities.Blocks`, for the proxies
            of AZ-NAS.
        seed: of the random weights and inputs that zen, linear_regions and tenas draw.

    Returns:
        The score of each proxy; nan where a proxy failed, with a warning in the log.

    Raises:
        UserError: an unknown proxy, or one that the network cannot have; no module; a forward or a loss that fails;
            images or labels that do not fit.
        InvalidArchitectureError: a cell's network through which no path leads.

    >>> import torch
    >>> from torch import nn
    >>> network = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.ReLU(), nn.Linear(5, 3))
    >>> scores = score_network(network, torch.randn(4, 3, 2, 2), torch.tensor([0, 1, 2, 0]), ["snip", "params"])
    >>> scores["params"]
    83.0
    """
    chosen = check_proxies(proxies)
    asked = _task(network, images, labels, task)
    subject, engine = _observed(network, asked, seed, blocks)
    engine.check(asked)
    check_examples(asked, chosen)
    if any(proxy.needs_labels for proxy in chosen):
        _check_labels(asked, subject)
    check_computed(chosen, subject, engine)
    return evaluate(subject, chosen, Plan(chosen, engine))


def explain_network(
    network: nn.Module,
    images: Tree,
    labels: Any,
    *,
    task: Task | None = None,
    blocks: BlocksOf | None = None,
    seed: int = 0,
) -> dict[str, str]:
    """Why proxies are not computed for a network, by name of the proxy; "" for one that is.

    Args:
        network: as for `score_network`, and so are the others.
        images: what its forward takes.
        labels: None if there are none.
        task: the loss and the outputs.
        blocks: gives the blocks.
        seed: of the scores.

    Raises:
        UserError: no module, or a forward that fails.
    """
    asked = _task(network, images, labels, task)
    subject, engine = _observed(network, asked, seed, blocks)
    engine.check(asked)
    known = [registry.get(name) for name in registry.available()]
    refused = refusals(known, subject, engine)
    return {proxy.name: refused.get(proxy.name, "") for proxy in known}


def network_prices(
    network: nn.Module, images: Tree, labels: Any, proxies: Iterable[str], *, task: Task | None = None, seed: int = 0
) -> dict[str, Price]:
    """What each of the proxies that are computed for a network costs here and now, by name.

    Args:
        network: as for `score_network`, and so are the others.
        images: what its forward takes.
        labels: None if there are none.
        proxies: names.
        task: the loss and the outputs.
        seed: of the scores.

    Raises:
        UserError: as `score_network`.
    """
    asked = _task(network, images, labels, task)
    subject, engine = _observed(network, asked, seed, None)
    engine.check(asked)
    chosen = check_proxies(proxies)
    refused = refusals(chosen, subject, engine)
    return measure_prices(subject, [proxy for proxy in chosen if proxy.name not in refused], engine)


def random_labels(network: nn.Module, images: Tree, *, seed: int = 0) -> Tensor:
    """Classes at random for the outputs (B, classes, …) of a network, for images that have none.

    Args:
        network: any module, whose first result are the outputs.
        images: what its forward takes.
        seed: of the draw.

    Returns:
        int64 (B, …).

    Raises:
        UserError: its forward fails, or gives no such outputs.
    """
    asked = _task(network, images, None, None)
    subject = ModuleSubject("it", lambda: network, images, None, seed, task=asked)
    shape = subject.structure.outputs
    if len(shape) < 2:
        raise UserError(f"network: expected outputs (B, classes, …), got {tuple(shape)}")
    generator = make_generator(seed, "labels")
    return torch.randint(shape[1], (asked.count, *shape[2:]), generator=generator)


def _task(network: object, images: Tree, labels: Any, task: Task | None) -> Task:
    if not isinstance(network, nn.Module):
        raise UserError(f"network: expected a torch.nn.Module, got a {type(network).__name__}")
    if task is not None and not isinstance(task, Task):
        raise UserError(f"task: expected a backend.spaces.task.Task, got a {type(task).__name__}")
    return replace(task or Task(), batch=images, labels=labels)


def _observed(network: nn.Module, task: Task, seed: int, blocks: BlocksOf | None) -> tuple[Subject, Engine]:
    """A network with the engine that observes it: a fast one for exactly what that is made for."""
    if task.loss is Task.loss and task.outputs is Task.outputs and not _is_soft(task.labels):
        cell = nas_bench_201.subject_of(network, task, seed)
        if cell is not None:
            return cell, nas_bench_201.NasBench201Engine()
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))

    def move(leaf: Tensor) -> Tensor:
        return leaf.to(device)

    moved = replace(task, batch=map_leaves(move, task.batch), labels=map_leaves(move, task.labels))
    name = f"this {type(network).__name__}"
    subject = ModuleSubject(name, lambda: network, moved.batch, moved.labels, seed, task=moved, blocks=blocks)
    return subject, AutogradEngine()


def _is_soft(labels: object) -> bool:
    return isinstance(labels, Tensor) and labels.is_floating_point() and labels.dim() > 1


def _check_labels(task: Task, subject: Subject) -> None:
    """Check labels against the outputs, where it is known what the loss takes."""
    if isinstance(subject, CellSubject):
        check_classes(task.labels, (task.count,), subject.num_classes)
    elif isinstance(subject, ModuleSubject) and task.loss is Task.loss:
        check_labels(task.labels, (task.count, *subject.structure.outputs[1:]))
