"""A user's own training: ``FILE.py:train(architecture, task)``, named on the command line or in the environment.

The variable reaches every process that a dashboard or a command starts. A study only records the name and the SHA-256
of such a file: whoever opens one would otherwise run its code.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from backend.errors import UserError
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.building import build_seeded
from backend.spaces.task import Task
from backend.studies.recipes import Epoch
from backend.training.data import TrainingData
from backend.training.fit import TrainingFailedError, TrainingStoppedError
from backend.user_code import in_a_line, is_named, load_named

VARIABLE: Final = "PROXYSCOPE_TRAIN"
"""Names the server's training function: ``FILE.py:NAME``."""
OPTION: Final = "--recipe"


@dataclass(frozen=True, eq=False)
class TrainingTask(Task):
    """What a training function of the user's own is given beside the architecture.

    As a task it holds all examples to train on.

    Attributes:
        held_out: the examples that the metric is to be measured on.
        space: of the architecture.
        epochs: that were asked for.
        seed: of the training.
        device: where it is to run.
        checkpoint: a path of the function's own, to go on from after a stop; its folder is there.
        on_epoch: called by :meth:`report`.
        should_stop: whether a stop was asked for.
    """

    held_out: Task = field(default_factory=Task)
    space: SearchSpace | None = None
    epochs: int = 1
    seed: int = 0
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    checkpoint: Path | None = None
    on_epoch: Callable[[Epoch], None] = field(default=lambda _: None, repr=False)
    should_stop: Callable[[], bool] = field(default=lambda: False, repr=False)

    def build(self, architecture: Architecture) -> nn.Module:
        """The architecture's network on the device, with weights of the seed."""
        assert self.space is not None
        return build_seeded(self.space, architecture, self, self.seed).to(self.device)

    def report(self, metric: float | None = None, loss: float | None = None) -> None:
        """Say that an epoch is done, for the curve on the page; ends the training where a stop was asked for.

        Args:
            metric: on the held-out examples.
            loss: mean over the examples that were trained on.
        """
        self.on_epoch(Epoch(_finite(loss), _finite(metric), 0.0))
        if self.should_stop():
            raise TrainingStoppedError


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


@dataclass(frozen=True)
class OwnTraining:
    """A training function of the user's own.

    Attributes:
        name: ``FILE.py:NAME``, without the file's folder.
        code: SHA-256 of the file.
        function: called with an architecture and a :class:`TrainingTask`.
    """

    name: str
    code: str
    function: Callable[[Architecture, TrainingTask], Any] = field(repr=False, compare=False)

    def measure(self, architecture: Architecture, task: TrainingTask) -> float:
        """Train, and return the metric.

        Raises:
            TrainingFailedError: the function raises, or returns no finite number.
            TrainingStoppedError: a stop was asked for.
        """
        try:
            found = self.function(architecture, task)
        except TrainingStoppedError:
            raise
        except Exception as error:
            raise TrainingFailedError(f"{self.name} fails: {in_a_line(error)}") from error
        try:
            value = float(found)
        except (TypeError, ValueError):
            said = f"{self.name} returns a {type(found).__name__}; expected a number, the metric"
            raise TrainingFailedError(said) from None
        if not math.isfinite(value):
            raise TrainingFailedError(f"{self.name} returns {value}; expected a finite number, the metric")
        return value


def own_training(named: str | None = None) -> OwnTraining | None:
    """The training function that is named, or else that of ``$PROXYSCOPE_TRAIN``; None where none is.

    One that is named is put into the variable, for the processes that this one starts.

    Args:
        named: ``FILE.py:NAME`` of the command line; None without.

    Raises:
        UserError: there is no such file or function, or the file fails; the message says where it is named.
    """
    text, origin = (named, OPTION) if named else (os.environ.get(VARIABLE, ""), f"{VARIABLE} of the environment")
    if not text:
        return None
    if not is_named(text):
        raise UserError(f"{origin}: {text!r} is no training function; expected FILE.py:NAME")
    path, _, name = text.rpartition(":")
    file = Path(path).resolve()
    absolute = f"{file}:{name}"
    try:
        found = _loaded(absolute, file.read_bytes() if file.is_file() else b"")
    except UserError as error:
        raise UserError(f"{error} (named by {origin})") from None
    os.environ[VARIABLE] = absolute
    return found


@lru_cache(maxsize=8)
def _loaded(text: str, content: bytes) -> OwnTraining:
    """The function of a file, which runs once a process until its content changes."""
    function = load_named(text, "training function")
    path, _, name = text.rpartition(":")
    if not callable(function):
        raise UserError(f"training function {text}: {name} is a {type(function).__name__}, not a function")
    return OwnTraining(f"{Path(path).name}:{name}", hashlib.sha256(content).hexdigest(), function)


def task_of(data: TrainingData, **more: Any) -> TrainingTask:
    """The task of a training function: the data, and what else the task holds."""
    train = data.train
    return TrainingTask(
        train.batch, train.labels, train.num_outputs, train.loss, train.outputs, held_out=data.held_out, **more
    )
