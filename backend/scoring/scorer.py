"""Scores of the architectures of a space on one mini-batch."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice

import torch

from backend.datasets.batch import Batch, load_batch, resized
from backend.errors import UserError
from backend.proxies import Proxy
from backend.scoring.checks import InvalidArchitectureError, check_batch, check_proxies
from backend.scoring.engine import Plan, Subject, check_computed, evaluate, refusals
from backend.scoring.engines import engine_of
from backend.scoring.pass_times import PassTimes
from backend.scoring.prices import Price, measure_prices, measure_times
from backend.scoring.runtime import resolve_device, upload
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.building import SpaceFailedError, draw
from backend.spaces.capabilities import FastEngine, lacks
from backend.spaces.task import Task, leaves, map_leaves

_log = logging.getLogger(__name__)

_TRIES = 10
_EVER = "16 5"
"""A part of every digest since the first version, kept so that scores that are stored are found again."""


def setting_of(batch: Batch, seed: int) -> str:
    """Digest of all that a score depends on beside architecture and proxy (64 hexadecimal digits)."""
    digest = hashlib.sha256(f"{seed} {_EVER} {batch.num_classes}".encode())
    batch.digest_into(digest)
    return digest.hexdigest()


def check_space(space: SearchSpace, proxies: Sequence[Proxy], task: Task, seed: int = 0) -> None:
    """Check that networks of a space have what proxies require, by one that is drawn at random.

    Args:
        space: of the architectures.
        proxies: what is to be computed.
        task: what the networks are scored on.
        seed: of the weights.

    Raises:
        SpaceFailedError: the space gives no network, in several tries.
        UserError: the network lacks what a proxy requires; the message names the proxies that are computed for it.
    """
    engine = engine_of(space)
    engine.check(task)
    _check_loss(space, task)
    device = next(leaves(task.batch)).device
    builds = bool(lacks(space, FastEngine))
    failure: Exception | None = None
    for architecture in islice(draw(space), _TRIES):
        subject = engine.subject(space, architecture, task, seed, device)
        try:
            # A user's code may fail for some; a fast engine says what its networks have without building one.
            _ = subject.network if builds else None
        except Exception as error:  # noqa: BLE001
            failure = error
            continue
        check_computed(proxies, subject, engine)
        return
    if failure:
        raise SpaceFailedError(space, failure) from failure


def _check_loss(space: SearchSpace, task: Task) -> None:
    """Check that a space's own engine computes the loss of a task.

    Raises:
        UserError: it does not.
    """
    is_own = task.loss is not Task.loss or task.outputs is not Task.outputs
    if is_own and not lacks(space, FastEngine):
        raise UserError(f"images: the engine of {space.title} computes cross-entropy alone, not a task's loss")


class Scorer:
    """Scores architectures of one space on one data set: holds the mini-batch and the plan.

    Several threads may score at once. A score is a function of the architecture's class, the mini-batch, the seed and
    the proxy's version; on one machine equal to the last bit, whichever other proxies are computed beside it.

    Args:
        dataset: one of `backend.datasets.DATASETS`; any name for images of a user's own.
        proxies: names.
        batch_size: images of the mini-batch.
        seed: of the mini-batch, the weights and all random inputs.
        device: one of `backend.scoring.DEVICES`.
        image_source: "bundled", "random", the folder of a published data set's files, or images of a user's own.
        split: "train" or "val".
        space: of the architectures; NAS-Bench-201 if None.
        check: whether to refuse at once what a network of the space, drawn at random, lacks something for.

    Attributes:
        batch: the mini-batch.
        device: where the scores are computed.
        proxies: what is computed.
        space: of the architectures.

    Raises:
        UserError: an unknown proxy, dataset or device, more images than there are, or fewer than a proxy needs; or a
            proxy that is not computed for networks of the space.
    """

    def __init__(
        self,
        dataset: str,
        proxies: Iterable[str],
        *,
        batch_size: int = 64,
        seed: int = 0,
        device: str = "auto",
        image_source: str = "bundled",
        split: str = "val",
        space: SearchSpace | None = None,
        check: bool = True,
    ) -> None:
        self.space = space or registry.get()
        self.proxies = check_proxies(proxies)
        self.device: torch.device = resolve_device(device)
        batch = load_batch(dataset, batch_size, seed, image_source, split)
        self.batch: Batch = resized(batch, self.space.image_size)
        task = Task.of_batch(self.batch)
        self._engine = engine_of(self.space)
        self._engine.check(task)
        _check_loss(self.space, task)
        has_task = bool(self.batch.loss or self.batch.outputs)
        check_batch(task, self.proxies, classes_alone=not lacks(self.space, FastEngine), own_loss=has_task)
        self._seed = seed
        moved = [map_leaves(lambda leaf: upload(leaf, self.device), tree) for tree in (task.batch, task.labels)]
        self._task = replace(task, batch=moved[0], labels=moved[1])
        if check:
            check_space(self.space, self.proxies, self._task, seed)
        self._plan = Plan(self.proxies, self._engine)

    def score(self, architecture: Architecture, proxies: Iterable[str] | None = None) -> dict[str, float]:
        """The scores of one architecture, whose class shares them (but for sizes, which are the literal one's).

        Args:
            architecture: any of the space.
            proxies: names, if not all of the scorer's.

        Returns:
            The score of each proxy; nan, with a warning in the log, where a proxy failed, and where this architecture
            lacks what a proxy requires.

        Raises:
            InvalidArchitectureError: no network can be built of it.
            UserError: a size that is not valid, or a network whose forward fails.
        """
        chosen = self.proxies if proxies is None else check_proxies(proxies)
        representative = self.space.representative(architecture)
        if representative == architecture:
            return self._scores(architecture, chosen)
        literal = [proxy for proxy in chosen if proxy.literal]
        shared = [proxy for proxy in chosen if not proxy.literal]
        scores = (self._scores(architecture, literal) if literal else {}) | (
            self._scores(representative, shared) if shared else {}
        )
        return {proxy.name: scores[proxy.name] for proxy in chosen}

    def _scores(self, architecture: Architecture, chosen: Sequence[Proxy]) -> dict[str, float]:
        """The scores of the literal architecture's network."""
        subject = self._subject(architecture)
        refused = refusals(chosen, subject, self._engine)
        for name, reason in refused.items():
            _log.warning("%s of %s is not computed: it %s", name, subject.name, reason)
        computed = [proxy for proxy in chosen if proxy.name not in refused]
        plan = self._plan if computed == list(self.proxies) else Plan(computed, self._engine)
        scores = evaluate(subject, computed, plan)
        return {proxy.name: scores.get(proxy.name, math.nan) for proxy in chosen}

    def explain(self, architecture: Architecture) -> dict[str, str]:
        """Why proxies are not computed for an architecture, by name; "" for one that is.

        Raises:
            InvalidArchitectureError: no network can be built of it.
            UserError: its forward fails.
        """
        refused = refusals(self.proxies, self._subject(architecture), self._engine)
        return {proxy.name: refused.get(proxy.name, "") for proxy in self.proxies}

    def prices(self, architecture: Architecture) -> dict[str, Price]:
        """What each proxy that is computed for an architecture costs here and now, by name.

        Raises:
            InvalidArchitectureError: no network can be built of it.
            UserError: its forward fails.
        """
        subject = self._subject(self.space.representative(architecture))
        refused = refusals(self.proxies, subject, self._engine)
        return measure_prices(subject, [proxy for proxy in self.proxies if proxy.name not in refused], self._engine)

    def times(self, architecture: Architecture, others: Iterable[str], limit: float) -> PassTimes:
        """What the scorer's proxies take for an architecture here and now, and what others would add.

        Args:
            architecture: any of the space.
            others: names of proxies that are not the scorer's; one that is not computed for the architecture is not
                measured.
            limit: seconds after which the rest of the others is left out.

        Raises:
            InvalidArchitectureError: no network can be built of it.
            UserError: its forward fails, or memory is too small.
        """
        subject = self._subject(self.space.representative(architecture))
        added = [proxy for proxy in check_proxies(others) if proxy not in self.proxies]
        refused = refusals([*self.proxies, *added], subject, self._engine)
        chosen = [proxy for proxy in self.proxies if proxy.name not in refused]
        more = [proxy for proxy in added if proxy.name not in refused]
        return measure_times(subject, chosen, more, self._engine, limit)

    def _subject(self, architecture: Architecture) -> Subject:
        if architecture.invalid:
            raise InvalidArchitectureError(self.space, architecture)
        return self._engine.subject(self.space, architecture, self._task, self._seed, self.device)
