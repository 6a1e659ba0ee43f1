"""What architectures are trained on, and what is held out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from backend.datasets.batch import load_all, resized
from backend.errors import UserError
from backend.spaces.task import Task, Tree, map_leaves

HELD_OUT: Final = 0.2
"""Share of each class that is held out."""
SPLIT_SEED: Final = 0
"""Draws what is held out: the same for all trainings, so that their accuracies can be compared."""
_FEWEST: Final = 10


@dataclass(frozen=True, eq=False)
class TrainingData:
    """The examples of a data set in two parts.

    Attributes:
        train: what is trained on; its batch holds all of the examples.
        held_out: what accuracies are measured on.
        description: which images these are, and how they were split, in a sentence.
    """

    train: Task
    held_out: Task
    description: str


def load_data(dataset: str, images: str, side: int | None = None) -> TrainingData:
    """The examples of a data set: the training images, a fifth of each class held out.

    Args:
        dataset: name of the data set.
        images: "bundled", or the user's own, as a search file names them.
        side: that images are resized to, as the space's networks see them; None: as they are.

    Raises:
        UserError: there are no images, or too few.
    """
    if images == "random":
        raise UserError("training: there are no images: the study scores noise (images = 'random'); name images")
    batch = load_all(dataset, images, "train")
    batch = batch if side is None else resized(batch, side)
    return split(Task.of_batch(batch), batch.description)


def split(task: Task, description: str) -> TrainingData:
    """Hold a fifth of the examples of each class out.

    Args:
        task: all examples, with their labels.
        description: which they are, in a sentence.

    Raises:
        UserError: they have no labels, or are too few.

    >>> import torch
    >>> data = split(Task(torch.randn(50, 3), torch.arange(50) % 2, num_outputs=2), "50 random vectors.")
    >>> data.train.count, data.held_out.count, data.description
    (40, 10, '40 examples trained on, 10 held out (a fifth of each class, seed 0): 50 random vectors.')
    """
    if task.labels is None:
        raise UserError("training: the data has no labels; give a batch with labels")
    if task.count < _FEWEST:
        raise UserError(f"training: {task.count} examples are too few; at least {_FEWEST} are needed")
    held = np.sort(_held_out(task.labels, task.count))
    kept = np.setdiff1d(np.arange(task.count), held)
    said = f"{len(kept):,} examples trained on, {len(held):,} held out (a fifth of each class, seed {SPLIT_SEED})"
    return TrainingData(
        part(task, torch.from_numpy(kept)), part(task, torch.from_numpy(held)), f"{said}: {description}"
    )


def part(task: Task, positions: Tensor) -> Task:
    """Some of a task's examples.

    Args:
        task: all.
        positions: int64 (n,) of the examples.
    """
    batch: Tree = map_leaves(lambda leaf: leaf[positions], task.batch)
    labels: Tree = map_leaves(lambda leaf: leaf[positions], task.labels)
    return Task(batch, labels, task.num_outputs, task.loss, task.outputs)


def _held_out(labels: Tree, count: int) -> NDArray[np.int64]:
    """Positions of a fifth of each class, of at least one of two examples; of all, where labels are no classes."""
    generator = np.random.RandomState(SPLIT_SEED)
    if isinstance(labels, Tensor) and labels.dim() == 1 and not labels.is_floating_point():
        classes = labels.cpu().numpy()
        drawn = [generator.permutation(np.flatnonzero(classes == value)) for value in np.unique(classes)]
    else:
        drawn = [generator.permutation(count)]
    return np.concatenate([positions[: _share(len(positions))] for positions in drawn])


def _share(count: int) -> int:
    return max(round(count * HELD_OUT), min(1, count - 1))
