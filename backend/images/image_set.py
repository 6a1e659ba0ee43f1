"""A set of labelled images, and the class-balanced draw of a mini-batch from it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Labelled images of one source.

    Attributes:
        images: uint8 (N, 3, H, W).
        labels: int64 (N,), from 0.
        description: what the set is, to follow "64 images of".
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    description: str

    def __len__(self) -> int:
        return len(self.labels)


def draw_balanced(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """Draw images class by class, in rounds: a seeded order of the classes, a seeded image of each.

    A class that runs out is passed over. A shorter draw is the beginning of a longer one.

    Args:
        labels: (N,) the class of each image.
        count: how many images to draw, at most N.
        seed: 0 to 2³²−1.

    Returns:
        (count,) positions in ``labels``, none twice.
    """
    # RandomState's stream is frozen by numpy for good; scores that were stored once stay reproducible.
    rng = np.random.RandomState(seed)
    members = [rng.permutation(np.flatnonzero(labels == label)) for label in rng.permutation(np.unique(labels))]
    rounds = np.concatenate([np.arange(len(positions)) for positions in members])
    return np.concatenate(members)[np.argsort(rounds, kind="stable")][:count]
