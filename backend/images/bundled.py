"""The image samples that ProxyScope ships."""

from functools import cache
from typing import Final

import numpy as np

from backend.data import DATA_DIR
from backend.images.image_set import ImageSet

_CIFAR: Final = "ProxyScope's bundled {} sample, {} training images that serve for either split"
_SAMPLES: Final = {
    "cifar10": ("cifar10_train_1000.npz", _CIFAR.format("CIFAR-10", "1,000")),
    "cifar10-valid": ("cifar10_train_1000.npz", _CIFAR.format("CIFAR-10", "1,000")),
    "cifar100": ("cifar100_train_1000.npz", _CIFAR.format("CIFAR-100", "1,000")),
    "ImageNet16-120": (
        "imagenet16_120_like_600.npz",
        "ProxyScope's bundled stand-in for ImageNet16-120, which is not the real data set: five views of one ImageNet "
        "photo for each of the 120 classes, 600 in all, for either split",
    ),
}


@cache
def read_bundled(dataset: str) -> ImageSet:
    """The bundled sample for a dataset; the same for both splits."""
    file, description = _SAMPLES[dataset]
    with np.load(DATA_DIR / file, allow_pickle=False) as sample:
        images = np.ascontiguousarray(sample["images"].transpose(0, 3, 1, 2))
        labels = sample["labels"].astype(np.int64)
    images.setflags(write=False)
    return ImageSet(images, labels, description)
