"""Gaussian noise in place of images."""

import numpy as np
from numpy.typing import NDArray

from backend.images.image_set import draw_balanced


def draw_gaussian(count: int, num_classes: int, side: int, seed: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Standard normal images with balanced labels.

    A shorter draw is the beginning of a longer one.

    Args:
        count: how many images.
        num_classes: how many classes the labels go round.
        side: height and width.
        seed: 0 to 2³²−1.

    Returns:
        Images (count, 3, side, side) and labels (count,).
    """
    rounds = -(-count // num_classes)
    every_class = np.tile(np.arange(num_classes), rounds)
    labels = every_class[draw_balanced(every_class, count, seed)]
    # A stream beside the labels' own, and one that numpy has frozen for good.
    rng = np.random.RandomState([seed, 1])
    return rng.standard_normal((count, 3, side, side)).astype(np.float32), labels
