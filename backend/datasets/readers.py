"""Reads images: the bundled samples, the user's own files, or noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from backend import safe_pickle
from backend.data import DATA_DIR
from backend.errors import UserError


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


@dataclass(frozen=True)
class Layout:
    """How a data set is laid out in files.

    Each file is a dict with "data", uint8 (N, 3·side²), the red plane first, row by row; and N labels.

    Attributes:
        title: the data set's name.
        folder: the name its folder has when unpacked.
        files: the files of each split, "train" and "val".
        splits: what the publisher calls each split.
        labels: the key of the labels.
        first_label: the label of class 0.
        num_labels: how many labels the files have.
        num_classes: how many classes are used, the first ones.
        side: height and width of an image.
    """

    title: str
    folder: str
    files: dict[str, tuple[str, ...]]
    splits: dict[str, str]
    labels: str
    first_label: int
    num_labels: int
    num_classes: int
    side: int


_CIFAR10: Final = Layout(
    title="CIFAR-10",
    folder="cifar-10-batches-py",
    files={"train": tuple(f"data_batch_{number}" for number in range(1, 6)), "val": ("test_batch",)},
    splits={"train": "training", "val": "test"},
    labels="labels",
    first_label=0,
    num_labels=10,
    num_classes=10,
    side=32,
)
_CIFAR100: Final = Layout(
    title="CIFAR-100",
    folder="cifar-100-python",
    files={"train": ("train",), "val": ("test",)},
    splits={"train": "training", "val": "test"},
    labels="fine_labels",
    first_label=0,
    num_labels=100,
    num_classes=100,
    side=32,
)
_IMAGENET16_120: Final = Layout(
    title="ImageNet16-120",
    folder="ImageNet16",
    files={"train": tuple(f"train_data_batch_{number}" for number in range(1, 11)), "val": ("val_data",)},
    splits={"train": "training", "val": "validation"},
    labels="labels",
    first_label=1,
    num_labels=1000,
    num_classes=120,
    side=16,
)
LAYOUTS: Final = {
    "cifar10": _CIFAR10,
    "cifar10-valid": _CIFAR10,
    "cifar100": _CIFAR100,
    "ImageNet16-120": _IMAGENET16_120,
}


def read_folder(dataset: str, source: str, split: str) -> ImageSet:
    """Read one split of a data set from the user's folder.

    The last two sets that were read are kept, until their files change.

    Args:
        dataset: one of ``backend.datasets.DATASETS``.
        source: the data set's folder, or the folder that this one lies in.
        split: "train" or "val".

    Raises:
        UserError: a file is missing, unreadable, or not in the published format.
    """
    layout = LAYOUTS[dataset]
    files = _find(layout, source, split)
    stamps = tuple((file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    return _read(dataset, split, files, stamps)


def _find(layout: Layout, source: str, split: str) -> tuple[Path, ...]:
    names = layout.files[split]
    expected = names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}"
    advice = f"expected the {layout.title} folder {layout.folder} with {expected}, or the folder it lies in"
    try:
        folder = Path(source).expanduser()
        if not folder.is_dir():
            raise UserError(f"image source {source!r} is not a folder; {advice}, or 'bundled', or 'random'")
        if (folder / layout.folder).is_dir():
            folder /= layout.folder
        missing = [name for name in names if not (folder / name).is_file()]
    except (OSError, RuntimeError) as error:  # RuntimeError: there is no such ~user
        raise UserError(f"image source {source!r} cannot be opened ({error}); {advice}") from error
    if missing:
        raise UserError(f"image source {folder} lacks {', '.join(missing)}; {advice}")
    return tuple(folder / name for name in names)


@lru_cache(maxsize=2)
def _read(dataset: str, split: str, files: tuple[Path, ...], _stamps: tuple[tuple[int, int], ...]) -> ImageSet:
    layout = LAYOUTS[dataset]
    parts = [_read_file(layout, file) for file in files]
    images = np.concatenate([images for images, _ in parts]).reshape(-1, 3, layout.side, layout.side)
    images.setflags(write=False)
    description = f"the {len(images):,} {layout.splits[split]} images of {layout.title} in {files[0].parent}"
    return ImageSet(images, np.concatenate([labels for _, labels in parts]), description)


def _read_file(layout: Layout, file: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The images (N, 3·side²) and labels (N,), from 0, of the classes in use."""
    content = safe_pickle.load(file)
    if not isinstance(content, dict):
        raise UserError(f"{file} is not a {layout.title} file: it holds no dict")
    try:
        pixels = _pixels(_entry(content, "data"), 3 * layout.side**2)
        labels = _labels(_entry(content, layout.labels), layout)
        if len(pixels) != len(labels):
            raise _FormatError(f"it has {len(pixels)} images but {len(labels)} labels")
    except (_FormatError, safe_pickle.UnsafePickleError) as error:
        raise UserError(f"{file} is not a {layout.title} file: {error}") from error
    used = labels < layout.num_classes
    return pixels[used], labels[used]


class _FormatError(Exception):
    """What is wrong with a file, to follow its name."""


def _entry(content: dict[object, object], key: str) -> object:
    # Python 2 wrote the keys as bytes; files saved again by Python 3 have text.
    for written in (key.encode(), key):
        if written in content:
            return content[written]
    raise _FormatError(f"it has no {key!r}")


def _pixels(data: object, width: int) -> NDArray[np.uint8]:
    if not isinstance(data, safe_pickle.PickledArray):
        raise _FormatError("'data' is not an array")
    pixels = data.numpy()
    if pixels.dtype != np.uint8 or pixels.ndim != 2 or pixels.shape[1] != width:
        raise _FormatError(f"'data' is {pixels.dtype} {pixels.shape} instead of uint8 (N, {width})")
    return pixels.astype(np.uint8, copy=False)


def _labels(given: object, layout: Layout) -> NDArray[np.int64]:
    labels = given.numpy().tolist() if isinstance(given, safe_pickle.PickledArray) else given
    last = layout.first_label + layout.num_labels - 1
    if not isinstance(labels, list) or not all(
        isinstance(label, int) and layout.first_label <= label <= last for label in labels
    ):
        raise _FormatError(f"{layout.labels!r} are not integers from {layout.first_label} to {last}")
    return np.array(labels, dtype=np.int64) - layout.first_label
