"""What a scoring engine is, and how the passes of one give the scores of many proxies.

An engine knows ways through a network, its passes, each of which yields observations that proxies read. A plan works
out which passes a set of proxies needs, and runs each of them once for all.
"""

from __future__ import annotations

import copy
import logging
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import torch
from torch import nn

from backend import proxies as registry
from backend.errors import UserError
from backend.proxies import Proxy
from backend.proxies.observations import REQUIREMENTS
from backend.scoring.runtime import is_out_of_memory, keep_freed_memory
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.task import Task, Tree, example_count, leaves, map_leaves

_log = logging.getLogger(__name__)

Observations = dict[str, Any]
"""Values of observations by their name in `backend.proxies.observations.OBSERVATIONS`."""


@dataclass(frozen=True)
class Subject(ABC):
    """One network, one mini-batch, and the seed of everything random; engines add what they know beside.

    Attributes:
        name: what messages call the network.
        build: gives the network; called once, if any proxy needs it.
        images: the batch, such as float32 (B, 3, H, W) or a tree of tensors, on the network's device.
        labels: such as int64 (B,), on the same device; None if no proxy needs them.
        seed: of the random inputs and weights that some proxies draw.
        frugal: whether the passes are to save memory at the price of time; the results are the same.
    """

    name: str
    build: Callable[[], nn.Module]
    images: Tree
    labels: Tree
    seed: int
    frugal: bool = False

    @property
    @abstractmethod
    def network(self) -> nn.Module:
        """The network."""

    @property
    def device(self) -> torch.device:
        """Where network and images are."""
        return next(leaves(self.images)).device

    @property
    def count(self) -> int:
        """The number of images."""
        return example_count(self.images)

    def known_labels(self) -> Tree:
        """The labels, for a pass that needs them."""
        assert self.labels is not None, "checked before any pass"
        return self.labels


@dataclass(frozen=True)
class Pass:
    """One way through the network.

    Attributes:
        run: given the subject, the names wanted and the observations so far, yields the wanted observations.
        gives: names of the observations that it can yield.
        needs: names of those that it starts from; earlier passes yield them.
    """

    run: Callable[[Any, frozenset[str], Mapping[str, Any]], Observations]
    gives: frozenset[str]
    needs: frozenset[str] = frozenset()


class Engine(Protocol):
    """Observes the networks of a space, or of all.

    Attributes:
        passes: all passes, each after those that it starts from.
        properties: observations that take no pass, from the subject.
        saves_memory: whether a pass can be run again in less memory.
    """

    saves_memory: bool

    @property
    def passes(self) -> Sequence[Pass]: ...  # noqa: D102

    @property
    def properties(self) -> Mapping[str, Callable[[Any], Any]]: ...  # noqa: D102

    def check(self, task: Task) -> None:
        """Check that networks of the engine take a task.

        Raises:
            UserError: they don't.
        """

    def missing(self, subject: Any, requirement: str) -> bool:
        """Whether the network of a subject lacks what a proxy requires.

        Args:
            subject: of the engine.
            requirement: a key of `backend.proxies.observations.REQUIREMENTS`.
        """

    def subject(
        self, space: SearchSpace, architecture: Architecture, task: Task, seed: int, device: torch.device
    ) -> Subject:
        """An architecture to observe; the task is on the device already."""


PRIVATE: dict[str, Callable[[Subject], Any]] = {
    "network": lambda subject: copy.deepcopy(subject.network).train(),
    "images": lambda subject: map_leaves(torch.clone, subject.images),
    "labels": lambda subject: map_leaves(torch.clone, subject.labels),
}
"""Observations of which each reader gets a copy: a user's proxy may train the network or change the images."""


class Plan:
    """The passes for a set of proxies, worked out once for many architectures.

    Args:
        proxies: what is to be computed.
        engine: whose passes.

    Attributes:
        steps: each pass, in order, with the names of the observations that it is to yield.
    """

    def __init__(self, proxies: Iterable[Proxy], engine: Engine) -> None:
        wanted = {name for proxy in proxies for name in proxy.reads}
        steps: list[tuple[Pass, frozenset[str]]] = []
        for step in reversed(engine.passes):
            if not wanted.isdisjoint(step.gives):
                wanted |= step.needs
                steps.append((step, step.gives & wanted))
        self.steps = tuple(reversed(steps))
        self._properties = {name: value for name, value in engine.properties.items() if name in wanted}
        self._frugal, self._saves = False, engine.saves_memory

    def observe(self, subject: Subject) -> Observations:
        """Runs the passes; all that the proxies read but what is in `PRIVATE`.

        A pass that runs out of memory is run once more in a way that saves it, where the engine has one, and so are all
        later passes.

        Raises:
            UserError: that was not enough.
        """
        keep_freed_memory()
        with torch.inference_mode(False):  # whatever the caller's mode, weights are to be differentiated
            known: Observations = {name: value(subject) for name, value in self._properties.items()}
            for step, wanted in self.steps:
                known |= self._run(step, subject, wanted, known)
        return known

    def _run(self, step: Pass, subject: Subject, wanted: frozenset[str], known: Observations) -> Observations:
        if self._saves and not self._frugal:
            try:
                return step.run(subject, wanted, known)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
            # Out here nothing of the failed pass is alive.
            names = ", ".join(sorted(wanted))
            _log.warning("out of memory at %s: from now on the passes go back block by block, in less of it", names)
            self._frugal = True
        try:
            frugal = replace(subject, build=lambda: subject.network, frugal=True) if self._saves else subject
            return step.run(frugal, wanted, known)
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            tried = ", block by block too" if self._saves else ""
            reason = f"out of memory with {subject.count} images{tried}; use a smaller batch"
            raise UserError(f"batch_size: {reason}") from None


def refusals(proxies: Iterable[Proxy], subject: Subject, engine: Engine) -> dict[str, str]:
    """Why proxies are not computed for a network and its batch, by name; those that are computed are left out.

    Args:
        proxies: any.
        subject: the network, of the engine.
        engine: that observes it.

    Raises:
        UserError: the network's forward fails.
    """
    found = {proxy.name: _refusal(proxy, subject, engine) for proxy in proxies}
    return {name: reason for name, reason in found.items() if reason}


def _refusal(proxy: Proxy, subject: Subject, engine: Engine) -> str:
    if proxy.needs_labels and subject.labels is None:
        return "needs labels, and there are none"
    if subject.count < proxy.min_images:
        return f"needs at least {proxy.min_images} images, and there is {subject.count}"
    lacking = [REQUIREMENTS[name] for name in proxy.requires if engine.missing(subject, name)]
    return f"needs {lacking[0].words}, and {lacking[0].lacking}" if lacking else ""


def check_computed(proxies: Sequence[Proxy], subject: Subject, engine: Engine) -> None:
    """Check that a network has what proxies require.

    Raises:
        UserError: it has not; the message says what is missing, and names the proxies that are computed for it.
    """
    refused = refusals(proxies, subject, engine)
    if refused:
        every = [registry.get(name) for name in registry.available()]
        without = refusals(every, subject, engine)
        said = "; ".join(f"{name} {reason}" for name, reason in refused.items())
        valid = ", ".join(proxy.name for proxy in every if proxy.name not in without)
        raise UserError(f"proxies: {said}; computed for {subject.name}: {valid}")


def evaluate(subject: Subject, proxies: Sequence[Proxy], plan: Plan) -> dict[str, float]:
    """The score of each proxy; nan, and a warning in the log, where a proxy raises or is not finite.

    Args:
        subject: what is scored; checked.
        proxies: what is computed.
        plan: made for these proxies.
    """
    observations = plan.observe(subject)
    return {proxy.name: _value(proxy, subject, observations) for proxy in proxies}


def _value(proxy: Proxy, subject: Subject, observations: Observations) -> float:
    try:
        arguments = [PRIVATE[name](subject) if name in PRIVATE else observations[name] for name in proxy.reads]
        with torch.enable_grad():  # whatever the caller's mode, a user's proxy may need gradients
            value = float(proxy.value(*arguments))
    except Exception as error:  # noqa: BLE001  (a user's proxy may fail in any way)
        _log.warning("%s of %s failed: %s: %s", proxy.name, subject.name, type(error).__name__, error)
        return math.nan
    if not math.isfinite(value):
        _log.warning("%s of %s is %s, not a number: no score", proxy.name, subject.name, value)
        return math.nan
    return value
