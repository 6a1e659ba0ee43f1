"""Networks and batches of the user's own, from Python files that they name on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from backend.datasets.batch import load_batch
from backend.errors import UserError
from backend.scoring import explain_network, resolve_device, score_network
from backend.scoring.networks import network_prices, random_labels
from backend.scoring.prices import Price
from backend.scoring.runtime import make_generator
from backend.spaces.building import make_seeded
from backend.spaces.task import Task
from backend.studies.trials import json_numbers
from backend.user_code import in_a_line, load_named


@dataclass(frozen=True)
class BatchSource:
    """Where the batch of the user's networks comes from.

    Attributes:
        dataset: name of a data set.
        images: "bundled", "random", or a folder.
        size: examples.
        seed: of what is drawn.
        input: such as "3x224x224", for Gaussian noise of that shape; None without.
        named: ``FILE.py:NAME`` of the user's own batch; None without.
    """

    dataset: str
    images: str
    size: int
    seed: int
    input: str | None
    named: str | None

    def task(self, network: nn.Module) -> tuple[Task, str]:
        """The task, and one sentence that says what it is.

        Raises:
            UserError: something that is not valid, or that the network does not take.
        """
        if self.input is not None and self.named is not None:
            raise UserError("--input: give it or --batch, not both")
        if self.named is not None:
            return _as_task(_called(self.named, "batch"), self.named), f"The batch of {self.named}."
        if self.input is not None:
            shape = _shape(self.input)
            noise = torch.randn((self.size, *shape), generator=make_generator(self.seed, "images"))
            labels = random_labels(network, noise, seed=self.seed)
            return Task(noise, labels), f"{self.size} examples {self.input} of Gaussian noise, with classes at random."
        batch = load_batch(self.dataset, self.size, self.seed, self.images)
        return Task.of_batch(batch), batch.description


def build(named: str, seed: int, device: str) -> nn.Module:
    """The network that a function of a file makes, with weights of a seed.

    Args:
        named: ``FILE.py:NAME`` of the function, or of a module class that takes no arguments.
        seed: of the weights.
        device: where the scores are computed.

    Raises:
        UserError: no such function, or it does not make a module.
    """
    made = make_seeded(lambda: _called(named, "network"), seed)
    if not isinstance(made, nn.Module):
        raise UserError(f"network {named}: gives a {type(made).__name__}, expected a torch.nn.Module")
    return made.to(resolve_device(device))


def explained(network: nn.Module, task: Task, seed: int) -> dict[str, str]:
    """Why each proxy is not computed for a network; "" for one that is."""
    return explain_network(network, task.batch, task.labels, task=task, seed=seed)


def priced(network: nn.Module, task: Task, names: Sequence[str], seed: int) -> dict[str, Price]:
    """What each proxy that is computed for a network costs here and now."""
    return network_prices(network, task.batch, task.labels, names, task=task, seed=seed)


def scored(network: nn.Module, task: Task, names: Sequence[str], seed: int) -> dict[str, float | None]:
    """The scores of a network, None for one that is not finite."""
    return json_numbers(score_network(network, task.batch, task.labels, names, task=task, seed=seed))


def _called(named: str, kind: str) -> Any:
    found = load_named(named, kind)
    if isinstance(found, nn.Module) or not callable(found):
        return found
    try:
        return found()
    except Exception as error:
        raise UserError(f"{kind} {named}: fails: {in_a_line(error)}") from error


def _as_task(given: Any, named: str) -> Task:
    """A task, a pair of batch and labels, or a batch without labels."""
    if isinstance(given, Task):
        return given
    if isinstance(given, tuple) and len(given) == 2:
        return Task(*given)
    if isinstance(given, Tensor | dict):
        return Task(given)
    said = "a tensor, a pair (batch, labels), or a backend.spaces.task.Task"
    raise UserError(f"batch {named}: expected {said}, got a {type(given).__name__}")


def _shape(text: str) -> tuple[int, ...]:
    sizes = text.lower().split("x")
    if not all(size.isascii() and size.isdigit() and int(size) for size in sizes):
        raise UserError(f"--input {text}: expected sizes such as 3x224x224")
    return tuple(map(int, sizes))
