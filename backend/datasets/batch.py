"""The mini-batch that networks are scored on."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from backend.datasets.info import NUM_CLASSES, check_dataset
from backend.datasets.readers import LAYOUTS, ImageSet, draw_balanced, draw_gaussian, read_bundled, read_folder
from backend.errors import UserError

SPLITS: Final = ("train", "val")

# Mean and standard deviation of each colour (0 to 255), as NAS-Bench-201 normalised for its training runs.
_COLOURS: Final = {
    "cifar10": ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
    "cifar10-valid": ((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
    "cifar100": ((129.3, 124.1, 112.4), (68.2, 65.4, 70.4)),
    "ImageNet16-120": ((122.68, 116.66, 104.01), (63.22, 61.26, 65.09)),
}


@dataclass(frozen=True, eq=False)
class Batch:
    """A mini-batch.

    Attributes:
        images: float32 (B, 3, H, W), normalised.
        labels: int64 (B,), 0 to num_classes − 1.
        num_classes: how many classes the dataset has.
        description: one sentence that says which images these are.
    """

    images: Tensor
    labels: Tensor
    num_classes: int
    description: str


def load_batch(dataset: str, batch_size: int, seed: int = 0, source: str = "bundled", split: str = "val") -> Batch:
    """Draw a class-balanced mini-batch: a function of the arguments and the files alone.

    Args:
        dataset: one of ``backend.datasets.DATASETS``; cifar10-valid takes the images of cifar10.
        batch_size: how many images.
        seed: 0 to 2³²−1, of the draw.
        source: "bundled"; "random" (Gaussian noise); or the folder of the user's own CIFAR-10 or CIFAR-100 ("python
            version") or ImageNet16-120 files.
        split: "train" or "val"; val means CIFAR's test images or ImageNet16's validation images.

    Raises:
        UserError: an argument is not valid, there are fewer images, or a file is missing or not in its format.
    """
    _check_draw(batch_size, seed)
    num_classes = NUM_CLASSES[check_dataset(dataset)]
    if source == "random":
        _check_split(split)
        noise, labels = draw_gaussian(batch_size, num_classes, LAYOUTS[dataset].side, seed)
        return Batch(
            torch.from_numpy(noise),
            torch.from_numpy(labels),
            num_classes,
            f"{_count(batch_size)} of Gaussian noise (mean 0, variance 1).",
        )
    image_set = _open(dataset, source, split)
    if batch_size > len(image_set):
        raise UserError(
            f"num_samples {batch_size} is more than the {len(image_set)} images there are "
            f"({image_set.description}); {_advice(len(image_set), source, split)}"
        )
    drawn = draw_balanced(image_set.labels, batch_size, seed)
    return Batch(
        _normalise(image_set.images[drawn], *_COLOURS[dataset]),
        torch.from_numpy(image_set.labels[drawn]),
        num_classes,
        f"{_count(batch_size)} of {image_set.description}.",
    )


def resized(batch: Batch, side: int) -> Batch:
    """A mini-batch whose images are resized to a square, by bilinear interpolation with antialiasing.

    Args:
        batch: of images of any size.
        side: height and width to resize to; a batch of this size is returned as it is.
    """
    if tuple(batch.images.shape[2:]) == (side, side):
        return batch
    images = nn.functional.interpolate(batch.images, (side, side), mode="bilinear", antialias=True)
    return replace(batch, images=images, description=f"{batch.description[:-1]}, resized to {side}×{side}.")


def available_images(dataset: str, source: str = "bundled", split: str = "val") -> int:
    """How many images a mini-batch can have at most; ``sys.maxsize`` for "random".

    Raises:
        UserError: an argument is not valid, or a file is missing or not in its format.
    """
    check_dataset(dataset)
    if source == "random":
        _check_split(split)
        return sys.maxsize
    return len(_open(dataset, source, split))


def _open(dataset: str, source: str, split: str) -> ImageSet:
    _check_split(split)
    return read_bundled(dataset) if source == "bundled" else read_folder(dataset, source, split)


def _check_split(split: str) -> None:
    if split not in SPLITS:
        raise UserError(f"split {split!r} is unknown; valid are {' and '.join(SPLITS)}")


def _check_draw(batch_size: int, seed: int) -> None:
    if batch_size < 1:
        raise UserError(f"num_samples {batch_size} is not valid; it must be 1 or more")
    if not 0 <= seed < 2**32:
        raise UserError(f"seed {seed} is not valid; it must be 0 to {2**32 - 1}")


def _advice(available: int, source: str, split: str) -> str:
    more = "use 'random'"
    if source == "bundled":
        more = f"give the folder of the whole data set as image source, or {more}"
    elif split == "val":
        more = f"take the train split, or {more}"
    return f"ask for at most {available}, {more}"


def _count(images: int) -> str:
    return f"{images:,} image{'' if images == 1 else 's'}"


def _normalise(images: np.ndarray, mean: Sequence[float], deviation: Sequence[float]) -> Tensor:
    shift, scale = (torch.tensor(colour).view(1, 3, 1, 1) for colour in (mean, deviation))
    return (torch.from_numpy(images).float() - shift) / scale
