"""Reads a user's own images: a folder for each class, arrays, IDX files, or a Hugging Face data set on disk.

Whatever the format, labels are 0 to classes − 1 in the order of the class names, and images are height × width ×
channels. Only the images of a mini-batch are decoded. What is broken is refused in one line that names the file.
"""

from __future__ import annotations

import gzip
import os
import struct
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import error as _ZlibError  # noqa: N812 - a class

import numpy as np
from numpy.typing import NDArray

from backend.datasets.info import OwnSource
from backend.datasets.readers import draw_balanced
from backend.errors import UserError
from backend.naming import local_path

Pixels = NDArray[np.generic]

LARGEST_OWN_SIDE: Final = 256
"""Pixels of images that are taken in their own size; larger ones need a size that they are resized to."""
_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg"})
_PROBED: Final = 256
"""Images of a folder whose headers say whether it is gray, and of one size."""
_MOST_CHANNELS: Final = 4
_MOST_BYTES: Final = 4 * 2**30
_SPLITS: Final = {"train": ("train", "training"), "val": ("val", "valid", "validation", "test")}
"""What a folder, or a data set's part, of a split may be called; the first that is there is taken."""


@dataclass(frozen=True, eq=False)
class OwnImages:
    """Labelled images of a user's own.

    Attributes:
        labels: int64 (N,), positions in `classes`.
        classes: names of the classes.
        description: what they are, to follow "64 images of".
        read: the images of positions, each uint8 or float (H, W, C), all of the same shape but where they are resized.
    """

    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    description: str
    read: Callable[[NDArray[np.int64]], Sequence[Pixels]]

    def __len__(self) -> int:
        return len(self.labels)


def open_images(source: OwnSource, split: str) -> OwnImages:
    """Open a user's own images: labels are read, images are not.

    Args:
        source: of any kind but "code".
        split: "train" or "val"; images that are in no splits serve for either.

    Raises:
        UserError: something is missing or broken; the message says what was expected and what was found.
    """
    path = local_path(source.path)
    try:
        found = _READERS[source.kind](path, split, source.side)
    except OSError as error:
        raise UserError(f"image source {path} cannot be read: {error.strerror or error}") from None
    if len(found.classes) < 2:
        raise _refused(path, f"expected two classes or more, found {', '.join(found.classes) or 'none'}")
    return found


def _refused(path: Path, said: str) -> UserError:
    return UserError(f"image source {path}: {said}")


def _folder(path: Path, split: str, side: int | None) -> OwnImages:
    expected = "expected a folder for each class, with PNG or JPEG images in it"
    if not path.is_dir():
        raise UserError(f"image source {path} is {'a file' if path.exists() else 'not there'}; {expected}")
    root = _part_of(path, split)
    folders = sorted(Path(entry) for entry in os.scandir(root) if _is_class(entry))
    if not folders:
        here = sum(file.suffix.lower() in _SUFFIXES for file in root.iterdir())
        raise _refused(root, f"{expected}; found {here} images, and no folder")
    files: list[Path] = []
    labels: list[int] = []
    for label, folder in enumerate(folders):
        if folder.is_symlink() and root.resolve().is_relative_to(folder.resolve()):
            raise UserError(
                f"image source {folder}: the link leads to a folder that it is in; expected a class's images"
            )
        inside = sorted(_images_below(folder))
        if not inside:
            raise _refused(folder, "expected PNG or JPEG images of the class, found none")
        files += inside
        labels += [label] * len(inside)
    known = np.array(labels, dtype=np.int64)
    names = tuple(folder.name for folder in folders)
    probe = _Probe([files[position] for position in draw_balanced(known, min(_PROBED, len(files)), 0)], side)
    part = f"the {len(files):,} images of {len(names)} classes in {root}"

    def read(positions: NDArray[np.int64]) -> Sequence[Pixels]:
        return [probe.decoded(files[position]) for position in positions]

    return OwnImages(known, names, part, read)


def _is_class(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith((".", "__")):
        return False
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _images_below(folder: Path) -> Iterator[Path]:
    """The images in a folder and those in it; links to folders are not followed, so that none leads round."""
    for place, _, names in os.walk(folder):
        for name in names:
            if not name.startswith(".") and Path(name).suffix.lower() in _SUFFIXES:
                yield Path(place, name)


def _part_of(path: Path, split: str) -> Path:
    """The folder of a split, where a folder has one for each of both and nothing else."""
    folders = {entry.name.lower(): Path(entry) for entry in os.scandir(path) if _is_class(entry)}
    parts = {
        name: next((folders[other] for other in names if other in folders), None) for name, names in _SPLITS.items()
    }
    is_split = None not in parts.values() and set(folders) <= {name for names in _SPLITS.values() for name in names}
    return parts[split] or path if is_split else path


class _Probe:
    """What headers say of a folder's images, by which all of them are decoded.

    Args:
        files: some of them.
        side: that they are resized to.
    """

    def __init__(self, files: Sequence[Path], side: int | None) -> None:
        headers = {file: _header(file) for file in files}
        self._side = side
        self._mode = "L" if all(mode in _GRAY for mode, _ in headers.values()) else "RGB"
        self._first, (_, self._size) = next(iter(headers.items()))
        if side is None:
            for file, (_, size) in headers.items():
                self._check_size(file, size)

    def decoded(self, file: Path) -> Pixels:
        """An image, (H, W, C)."""
        image = _opened(file)
        if self._side is None:
            self._check_size(file, image.size)
        return _as_array(image, self._mode, self._side)

    def _check_size(self, file: Path, size: tuple[int, int]) -> None:
        give = "give a size that all are resized to, as in folder@64:PATH"
        if size != self._size:
            known = f"{self._first.parent.name}/{self._first.name}"
            raise _refused(file, f"expected the {_times(self._size)} pixels of {known}, found {_times(size)}; {give}")
        if max(size) > LARGEST_OWN_SIDE:
            raise _refused(file, f"expected at most {LARGEST_OWN_SIDE} pixels a side, found {_times(size)}; {give}")


_GRAY: Final = frozenset({"1", "L", "LA", "I", "I;16", "I;16L", "I;16B"})


def _times(size: tuple[int, int]) -> str:
    return f"{size[0]}×{size[1]}"


def _header(file: Path) -> tuple[str, tuple[int, int]]:
    with _opened(file, load=False) as image:
        return image.mode, image.size


def _opened(file: Path, *, load: bool = True) -> Any:
    """An image of a file, or its header alone."""
    from PIL import Image  # noqa: PLC0415 - other sources need none of it

    try:
        image = Image.open(file, formats=("PNG", "JPEG"))
        limit = Image.MAX_IMAGE_PIXELS
        # Pillow warns here, and refuses twice as many.
        if limit and image.width * image.height > limit:
            raise Image.DecompressionBombError(f"{_times(image.size)} pixels are more than {limit:,}")
        if load:
            image.load()
    except Exception as error:  # noqa: BLE001 - Pillow has many, and no base of them
        said = " ".join(str(error).split()).replace(f"{str(file)!r}", "the file")
        raise _refused(file, f"expected a whole PNG or JPEG image, found: {said}") from None
    return image


def _as_array(image: Any, mode: str, side: int | None) -> Pixels:
    """Pixels (H, W, C), resized so that the shorter side fits, and cut at the middle of the longer one."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    if image.mode.startswith("I"):
        # Pillow cuts 16 bits off at 255 where it converts them.
        image = Image.fromarray(np.round(np.asarray(image).astype(np.float64) / 257).clip(0, 255).astype(np.uint8))
    image = image.convert(mode)
    if side is not None:
        image = ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)
    pixels = np.asarray(image)
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _npz(path: Path, _split: str, _side: int | None) -> OwnImages:
    if not path.is_file():
        raise UserError(f"image source {path} is no file; expected an .npz file of 'images' and 'labels'")
    expected = "expected an .npz file of arrays 'images' and 'labels'"
    try:
        with zipfile.ZipFile(path) as members:
            size = sum(member.file_size for member in members.infolist())
        if size > _MOST_BYTES:
            raise _refused(path, f"it unpacks to {size / 2**30:.1f} GiB; at most 4 are read")
        with np.load(path, allow_pickle=False) as archive:
            if lacking := [name for name in ("images", "labels") if name not in archive]:
                raise _refused(path, f"{expected}, found {', '.join(archive) or 'nothing'}; there is no {lacking[0]!r}")
            images, labels = archive["images"], archive["labels"]
            names = archive.get("classes")
    except UserError:
        raise
    except (ValueError, zipfile.BadZipFile, EOFError, struct.error, zipfile.LargeZipFile) as error:
        raise _refused(path, f"{expected} of numbers, found: {_short(error)}") from None
    return _of_arrays(path, images, labels, names)


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


def _of_arrays(path: Path, images: Pixels, labels: Pixels, names: Pixels | None = None) -> OwnImages:
    """Images of arrays: whatever numbers the labels are, they become positions in the names."""
    pixels = _channels_last(path, images)
    if labels.dtype.kind not in "iu" or labels.shape != (len(pixels),):
        raise _refused(
            path,
            f"expected whole numbers ({len(pixels)},) as labels, one for each image, "
            f"found {labels.dtype} {labels.shape}",
        )
    if not len(pixels):
        raise _refused(path, "expected images, found none")
    numbers, positions = np.unique(labels, return_inverse=True)
    classes = tuple(map(str, numbers.tolist()))
    if names is not None:
        classes = tuple(map(str, names.tolist())) if names.dtype.kind in "US" and names.ndim == 1 else ()
        if not len(classes) or numbers[0] < 0 or numbers[-1] >= len(classes):
            said = f"labels {numbers[0]} to {numbers[-1]} and {len(classes)} names"
            raise _refused(path, f"expected 'classes' to name the classes from label 0 on, found {said}")
        positions = labels.astype(np.int64)
        _check_each_has_one(path, positions, classes)
    if twice := [name for name, count in Counter(classes).items() if count > 1]:
        raise _refused(path, f"expected different names of classes, found {twice[0]!r} twice")

    def read(drawn: NDArray[np.int64]) -> Sequence[Pixels]:
        return list(pixels[drawn])

    part = f"the {len(pixels):,} images of {len(classes)} classes in {path}"
    return OwnImages(positions.astype(np.int64), classes, part, read)


def _check_each_has_one(path: Path, labels: NDArray[np.int64], classes: Sequence[str]) -> None:
    if lacking := sorted({*range(len(classes))} - {*np.unique(labels).tolist()}):
        raise _refused(path, f"expected an image of each class, found none of {classes[lacking[0]]!r}")


def _channels_last(path: Path, images: Pixels) -> Pixels:
    shape = images.shape
    is_last = images.ndim == 4 and shape[3] <= _MOST_CHANNELS
    is_first = images.ndim == 4 and not is_last and shape[1] <= _MOST_CHANNELS
    if images.dtype.kind not in "uif" or not (images.ndim == 3 or is_last or is_first) or 0 in shape[1:]:
        raise _refused(
            path,
            f"expected images of numbers (N, H, W), (N, H, W, C) or (N, C, H, W) with at most "
            f"{_MOST_CHANNELS} channels, found {images.dtype} {shape}",
        )
    if images.ndim == 3:
        return images[:, :, :, None]
    return images if is_last else images.transpose(0, 2, 3, 1)


_IDX_TYPES: Final = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def _idx(path: Path, split: str, _side: int | None) -> OwnImages:
    if path.is_dir():
        stem = {"train": "train", "val": "t10k"}[split]
        there = sorted(path.iterdir())
        found = next((file for file in there if file.name.startswith(f"{stem}-images")), None)
        if found is None:
            said = f"expected {stem}-images-idx3-ubyte, or .gz, and its labels"
            raise _refused(path, f"{said}, found {', '.join(file.name for file in there[:5]) or 'nothing'}")
        path = found
    if not path.is_file():
        raise UserError(
            f"image source {path} is not there; expected an IDX file of images, or the folder that it is in"
        )
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    if beside == path or not beside.is_file():
        said = "its name should have 'images' in it" if beside == path else f"there is no {beside.name}"
        raise _refused(path, f"expected the labels beside it, called the same with 'labels'; {said}")
    images, labels = _read_idx(path, 3), _read_idx(beside, 1)
    return _of_arrays(path, images, labels)


def _read_idx(path: Path, dimensions: int) -> Pixels:
    """The array of an IDX file, packed or not: a zero, a zero, a type, a number of sizes, the sizes, the values."""
    open_file: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    try:
        with open_file(path, "rb") as file:
            magic = file.read(4)
            if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in _IDX_TYPES or magic[3] != dimensions:
                raise _refused(
                    path,
                    f"expected an IDX file of {dimensions} dimension{'s' * (dimensions > 1)} "
                    f"(it begins with 00 00 08 0{dimensions}), found {magic.hex(' ') or 'an empty file'}",
                )
            sizes = struct.unpack(f">{dimensions}I", file.read(4 * dimensions))
            kind = np.dtype(_IDX_TYPES[magic[2]])
            expected = int(np.prod(sizes, dtype=object)) * kind.itemsize
            if expected > _MOST_BYTES:
                raise _refused(path, f"it says that it has {expected / 2**30:.1f} GiB; at most 4 are read")
            content = file.read(expected + 1)
    except (EOFError, struct.error, gzip.BadGzipFile, _ZlibError) as error:
        raise _refused(path, f"expected a whole IDX file, found: {_short(error)}") from None
    if len(content) != expected:
        found = "more" if len(content) > expected else f"{len(content):,}"
        raise _refused(path, f"expected {expected:,} bytes of {sizes} values, found {found}")
    values: Pixels = np.frombuffer(content, kind).reshape(sizes)
    return values.astype(kind.newbyteorder("="))


def _hugging_face(path: Path, split: str, side: int | None) -> OwnImages:
    try:
        import datasets  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415 - not everybody has it
    except ImportError:
        raise UserError("image source hf: needs the library datasets; install it: pip install datasets") from None
    if not path.is_dir():
        raise UserError(
            f"image source {path} is no folder; expected what save_to_disk of a Hugging Face data set wrote"
        )
    try:
        found: Any = datasets.load_from_disk(str(path))
    except Exception as error:  # noqa: BLE001 - the library has many
        said = "expected what save_to_disk of a Hugging Face data set wrote"
        raise _refused(path, f"{said}, found: {_short(error)}") from None
    if isinstance(found, dict):
        part = next((name for name in _SPLITS[split] if name in found), None)
        if part is None:
            raise _refused(path, f"expected a split {' or '.join(_SPLITS[split])}, found {', '.join(found)}")
        found = found[part]
    kinds = {name: type(feature).__name__ for name, feature in found.features.items()}
    pictures = [name for name, kind in kinds.items() if kind == "Image"]
    labelled = [name for name, kind in kinds.items() if kind == "ClassLabel"]
    if len(pictures) != 1 or len(labelled) != 1:
        said = ", ".join(f"{name} ({kind})" for name, kind in kinds.items())
        raise _refused(path, f"expected one column Image and one ClassLabel, found {said}")
    column, classes = pictures[0], tuple(found.features[labelled[0]].names)
    labels = np.array(found[labelled[0]], dtype=np.int64)
    if not len(labels) or labels.min() < 0 or labels.max() >= len(classes):
        raise _refused(path, f"expected labels from 0 to {len(classes) - 1} of every image")
    _check_each_has_one(path, labels, classes)
    probe = draw_balanced(labels, min(_PROBED, len(labels)), 0)
    is_gray = all(found[int(position)][column].mode in _GRAY for position in probe)

    def read(positions: NDArray[np.int64]) -> Sequence[Pixels]:
        mode = "L" if is_gray else "RGB"
        return [_as_array(found[int(position)][column], mode, side) for position in positions]

    return OwnImages(labels, classes, f"the {len(labels):,} images of {len(classes)} classes in {path}", read)


_READERS: Final[dict[str, Callable[[Path, str, int | None], OwnImages]]] = {
    "folder": _folder,
    "npz": _npz,
    "idx": _idx,
    "hf": _hugging_face,
}
