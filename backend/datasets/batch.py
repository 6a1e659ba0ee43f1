"""The mini-batch that networks are scored on."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from backend.datasets.info import NUM_CLASSES, OwnSource, check_dataset
from backend.datasets.own_code import gives_any_count, own_batch
from backend.datasets.own_images import LARGEST_OWN_SIDE, Pixels, open_images
from backend.datasets.readers import LAYOUTS, ImageSet, draw_balanced, draw_gaussian, read_bundled, read_folder
from backend.datasets.trees import Tree, example_count, leaves, map_leaves
from backend.errors import UserError

SPLITS: Final = ("train", "val")
_MOST_EXAMPLES: Final = 1_000_000

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
        images: float32 (B, C, H, W), normalised; of a user's own function, any tree of tensors.
        labels: int64 (B,), 0 to num_classes − 1; of a user's own function, whatever the loss takes.
        num_classes: how many classes the data set has, or outputs a network is to have.
        description: one sentence that says which images these are.
        classes: names of the classes, where they are known.
        own: of a user's own images, what else a score depends on (a digest); None of a published data set.
        loss: of a user's own task; None: cross-entropy.
        outputs: of a user's own task, what picks the outputs out of what forward returns; None: there is one.
    """

    images: Tree
    labels: Tree
    num_classes: int
    description: str
    classes: tuple[str, ...] = ()
    own: str | None = None
    loss: Callable[..., Any] | None = None
    outputs: Callable[..., Any] | None = None

    def digest_into(self, digest: Any) -> None:
        """Feed a hash with all that a score depends on beside the number of classes."""
        if self.own is None:
            digest.update(self.images.numpy().tobytes())
            digest.update(self.labels.numpy().tobytes())
            return
        digest.update(self.own.encode())
        _digest_tree(digest, (self.images, self.labels))


def load_batch(dataset: str, batch_size: int, seed: int = 0, source: str = "bundled", split: str = "val") -> Batch:
    """Draw a class-balanced mini-batch: a function of the arguments and the files alone.

    Images of a user's own (`backend.datasets.info.OwnSource`) are normalised channel by channel to mean 0 and deviation
    1 over the mini-batch. Where they are resized, the shorter side is fitted (bilinear, with antialiasing) and the
    longer one cut to its middle.

    Args:
        dataset: one of ``backend.datasets.DATASETS``; cifar10-valid takes the images of cifar10. Any name for images of
            a user's own.
        batch_size: how many images.
        seed: 0 to 2³²−1, of the draw.
        source: "bundled"; "random" (Gaussian noise); the folder of the user's own CIFAR-10 or CIFAR-100 ("python
            version") or ImageNet16-120 files; or images of a user's own.
        split: "train" or "val"; val means CIFAR's test images or ImageNet16's validation images.

    Raises:
        UserError: an argument is not valid, there are fewer images, or a file is missing or not in its format.
    """
    _check_draw(batch_size, seed)
    _check_split(split)
    own = OwnSource.parse(source)
    if own is not None:
        return _of_function(own, batch_size, seed) if own.kind == "code" else _of_images(own, batch_size, seed, split)
    num_classes = NUM_CLASSES[check_dataset(dataset)]
    if source == "random":
        noise, labels = draw_gaussian(batch_size, num_classes, LAYOUTS[dataset].side, seed)
        return Batch(
            torch.from_numpy(noise),
            torch.from_numpy(labels),
            num_classes,
            f"{_count(batch_size)} of Gaussian noise (mean 0, variance 1).",
        )
    image_set = _open(dataset, source, split)
    _check_count(batch_size, len(image_set), image_set.description, _advice(len(image_set), source, split))
    drawn = draw_balanced(image_set.labels, batch_size, seed)
    return Batch(
        _normalise(image_set.images[drawn], *_COLOURS[dataset]),
        torch.from_numpy(image_set.labels[drawn]),
        num_classes,
        f"{_count(batch_size)} of {image_set.description}.",
    )


def load_all(dataset: str, source: str = "bundled", split: str = "train") -> Batch:
    """All images of a split in one batch; of a function, all that it gives.

    A function that is told how many examples to give is asked for a million, and may give fewer.

    Args:
        dataset: as for `load_batch`, and so are the others.
        source: anything but "random", which has no end.
        split: "train" or "val".

    Raises:
        UserError: as `load_batch`.
    """
    own = OwnSource.parse(source)
    if own is not None and own.kind == "code":
        _check_split(split)
        return _of_function(own, None, 0)
    return load_batch(dataset, available_images(dataset, source, split), 0, source, split)


def resized(batch: Batch, side: int | None) -> Batch:
    """A mini-batch whose images are resized to a square, by bilinear interpolation with antialiasing.

    Args:
        batch: of images of any size.
        side: height and width to resize to; a batch of this size is returned as it is, and any one for None.
    """
    if side is None or tuple(batch.images.shape[2:]) == (side, side):
        return batch
    images = nn.functional.interpolate(batch.images, (side, side), mode="bilinear", antialias=True)
    return replace(batch, images=images, description=f"{batch.description[:-1]}, resized to {side}×{side}.")


def available_images(dataset: str, source: str = "bundled", split: str = "val") -> int:
    """How many images a mini-batch can have at most; ``sys.maxsize`` for "random", and where a function is asked.

    Raises:
        UserError: an argument is not valid, or a file is missing or not in its format.
    """
    _check_split(split)
    own = OwnSource.parse(source)
    if own is not None and own.kind == "code":
        return sys.maxsize if gives_any_count(own.path) else example_count(own_batch(own.path, 0, 1).batch)
    if own is not None:
        return len(open_images(own, split))
    check_dataset(dataset)
    return sys.maxsize if source == "random" else len(_open(dataset, source, split))


def _of_images(own: OwnSource, batch_size: int, seed: int, split: str) -> Batch:
    found = open_images(own, split)
    _check_count(batch_size, len(found), found.description, f"ask for at most {len(found)}")
    drawn = draw_balanced(found.labels, batch_size, seed)
    images = _standardised(found.read(drawn), own)
    shape = "×".join(map(str, images.shape[1:]))
    return Batch(
        images,
        torch.from_numpy(found.labels[drawn]),
        len(found.classes),
        f"{_count(batch_size)} of {found.description}, {shape} each.",
        found.classes,
        own="",
    )


def _of_function(own: OwnSource, batch_size: int | None, seed: int) -> Batch:
    """The batch of a function: so many examples, or all that it gives."""
    given = own_batch(own.path, seed, batch_size or _MOST_EXAMPLES)
    try:
        there = example_count(given.batch)
        if given.labels is not None and (counted := example_count(given.labels)) != there:
            raise UserError(f"labels: expected one for each of the {there} examples, found {counted}")
        batch_size = there if batch_size is None else batch_size
        _check_count(batch_size, there, f"the batch of {own.path}", f"ask for at most {there}")
        images, labels = (
            map_leaves(lambda leaf: leaf[:batch_size].detach().cpu(), tree) for tree in (given.batch, given.labels)
        )
        outputs = given.num_outputs or _outputs_of(labels)
        if outputs < 2 and given.loss in {None, torch.nn.functional.cross_entropy}:
            raise UserError(
                f"expected labels of two classes or more, or a Task with num_outputs and a loss, found {outputs} "
                f"class{'es' * (outputs != 1)}"
            )
    except UserError as error:
        raise UserError(f"image source {own.path}: {error}") from None
    shapes = ", ".join("×".join(map(str, leaf.shape[1:])) or "numbers" for leaf in leaves(images))
    examples = f"{batch_size:,} example{'' if batch_size == 1 else 's'}"
    return Batch(
        images,
        labels,
        outputs,
        f"{examples} that {own.path.rpartition(':')[2]} of {given.file} gives, {shapes} each.",
        own=given.digest,
        loss=given.loss,
        outputs=given.outputs,
    )


def _outputs_of(labels: Tree) -> int:
    """Classes of labels: those of numbers, or of probabilities; 0 where labels say nothing of them."""
    if not isinstance(labels, Tensor):
        return 0
    if labels.is_floating_point():
        return labels.shape[1] if labels.dim() > 1 else 0
    return int(labels.max()) + 1


def _standardised(pixels: Sequence[Pixels], own: OwnSource) -> Tensor:
    """float32 (B, C, H, W) of mean 0 and deviation 1 in each channel; a channel that is constant is 0."""
    shapes = {image.shape for image in pixels}
    height, width = pixels[0].shape[:2]
    if own.side is None and (len(shapes) > 1 or max(height, width) > LARGEST_OWN_SIDE):
        found = " and ".join(f"{shape[1]}×{shape[0]}" for shape in sorted(shapes)[:2])
        raise UserError(
            f"image source {own.path}: expected images of one size of at most {LARGEST_OWN_SIDE} pixels a side, found "
            f"{found}; give a size that all are resized to, as in {own.kind}@64:PATH"
        )
    images = np.stack([image.astype(np.float64) for image in pixels])
    if not np.isfinite(images).all():
        raise UserError(f"image source {own.path}: expected finite numbers, found NaN or infinity")
    if own.side is not None and (height, width) != (own.side, own.side):
        images = _fitted(images, own.side)
    mean = images.mean(axis=(0, 1, 2))
    deviation = images.std(axis=(0, 1, 2))
    images = (images - mean) / np.where(deviation > 0, deviation, 1.0)
    return torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2), dtype=np.float32))


def _fitted(images: np.ndarray, side: int) -> np.ndarray:
    """Arrays (B, H, W, C) resized as files of images are."""
    height, width = images.shape[1:3]
    scale = side / min(height, width)
    size = max(side, round(height * scale)), max(side, round(width * scale))
    resized = torch.nn.functional.interpolate(
        torch.from_numpy(images.transpose(0, 3, 1, 2)), size, mode="bilinear", antialias=True
    )
    top, left = ((length - side) // 2 for length in size)
    return resized[:, :, top : top + side, left : left + side].numpy().transpose(0, 2, 3, 1)


def _digest_tree(digest: Any, tree: Tree) -> None:
    """Feed a hash with a tree: its structure, and type, shape and numbers of each tensor."""
    if isinstance(tree, Tensor):
        digest.update(f"{tree.dtype} {tuple(tree.shape)} ".encode())
        digest.update(tree.contiguous().flatten().view(torch.uint8).numpy().tobytes())
    elif isinstance(tree, Mapping):
        digest.update(f"dict {list(tree)} ".encode())
        for branch in tree.values():
            _digest_tree(digest, branch)
    elif isinstance(tree, tuple | list):
        digest.update(f"{type(tree).__name__} {len(tree)} ".encode())
        for branch in tree:
            _digest_tree(digest, branch)
    else:
        digest.update(f"{tree!r} ".encode())


def _check_count(batch_size: int, there: int, description: str, advice: str) -> None:
    if batch_size > there:
        raise UserError(f"num_samples {batch_size} is more than the {there} images there are ({description}); {advice}")


def _open(dataset: str, source: str, split: str) -> ImageSet:
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
