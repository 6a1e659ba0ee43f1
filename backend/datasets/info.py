"""The data sets whose images networks are scored on; `backend.truth` knows on which of them they were trained.

Beside the published data sets there are a user's own, of whatever size, channels and classes: `OwnSource` says where
their images are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from backend.errors import UserError
from backend.user_code import is_named

NUM_CLASSES: Final[dict[str, int]] = {"cifar10": 10, "cifar10-valid": 10, "cifar100": 100, "ImageNet16-120": 120}

DATASETS: Final = tuple(NUM_CLASSES)

OwnKind = Literal["folder", "npz", "idx", "hf", "code"]
KINDS: Final[tuple[OwnKind, ...]] = ("folder", "npz", "idx", "hf", "code")
LARGEST_SIDE: Final = 1024
"""Pixels, of the size that images of a user's own are resized to."""
_OWN: Final = re.compile(r"(folder|npz|idx|hf)(?:@(\w*))?:(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")


def check_dataset(dataset: str) -> str:
    """Return the dataset's name if there is such a published data set.

    Raises:
        UserError: there is none of that name.
    """
    if dataset not in NUM_CLASSES:
        raise UserError(f"dataset {dataset!r} is unknown; valid are {', '.join(DATASETS)}")
    return dataset


def is_dataset_name(name: object) -> bool:
    """Whether a data set, a published or a user's own, may have a name: such names need no escaping anywhere."""
    return isinstance(name, str) and (name in NUM_CLASSES or _NAME.fullmatch(name) is not None)


def check_dataset_name(name: str) -> str:
    """Return a name that a data set may have.

    Raises:
        UserError: it may not.
    """
    if not is_dataset_name(name):
        published = ", ".join(DATASETS)
        raise UserError(
            f"dataset {name[:60]!r} is no name of a data set; valid are {published}, and for images of your own a name "
            "of at most 40 letters, digits, hyphens and underscores"
        )
    return name


@dataclass(frozen=True)
class OwnSource:
    """Where a user's own images are.

    Attributes:
        kind: "folder", "npz", "idx", "hf" or "code".
        path: of the folder or file; ``FILE.py:NAME`` of a function.
        side: height and width that images are resized to; None keeps their own size.
    """

    kind: OwnKind
    path: str
    side: int | None = None

    @classmethod
    def parse(cls, images: str) -> OwnSource | None:
        """Read what a search file calls ``images``; None for what does not name images of a user's own.

        Raises:
            UserError: it does, and is not complete.

        >>> OwnSource.parse("folder@64:/data/pets")
        OwnSource(kind='folder', path='/data/pets', side=64)
        >>> OwnSource.parse("bundled") is None
        True
        """
        if is_named(images):
            return cls("code", images)
        if re.search(r"\.py(:|$)", images):
            raise UserError(f"image source {images!r}: expected FILE.py:NAME, the name of a function in the file")
        match = _OWN.fullmatch(images)
        if match is None:
            return None
        kind, side, path = match.groups()
        if not path.strip():
            raise UserError(f"image source {images!r} names no path; expected {kind}:PATH")
        if side is not None and not (side.isascii() and side.isdigit() and 1 <= int(side) <= LARGEST_SIDE):
            raise UserError(
                f"image source {images!r}: the size should be 1 to {LARGEST_SIDE} pixels, as in {kind}@64:PATH"
            )
        return cls(kind, path.strip(), None if side is None else int(side))  # type: ignore[arg-type]

    def __str__(self) -> str:
        """The text that `parse` reads.

        >>> str(OwnSource("npz", "pets.npz", 32))
        'npz@32:pets.npz'
        """
        if self.kind == "code":
            return self.path
        return f"{self.kind}{'' if self.side is None else f'@{self.side}'}:{self.path}"

    @property
    def name(self) -> str:
        """A name for the data set, made of the path.

        >>> OwnSource("folder", "/data/my pets").name, OwnSource("npz", "cifar10.npz").name
        ('my_pets', 'own_cifar10')
        """
        path = Path(self.path.rpartition(":")[0] if self.kind == "code" else self.path)
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", path.name.split(".")[0]).strip("_-")[:36]
        return f"own_{stem}".rstrip("_") if not stem or stem in NUM_CLASSES else stem


def is_own(images: str) -> bool:
    """Whether a search file's ``images`` are a user's own, not those of a published data set."""
    return is_named(images) or _OWN.fullmatch(images) is not None


def named_for(dataset: str, images: str) -> str:
    """The name of the data set of images: that of a user's own where ``dataset`` names a published one.

    Raises:
        UserError: the source is not complete.
    """
    own = OwnSource.parse(images)
    return own.name if own and dataset in NUM_CLASSES else dataset
