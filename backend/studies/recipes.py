"""How architectures are trained, and how a training goes: recipe and curve, as the study database keeps them."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from backend.errors import UserError

MOST_EPOCHS: Final = 100_000


class Recipe(BaseModel):
    """How architectures are trained: all that measured accuracies must share to be compared, but for the seed.

    Attributes:
        dataset: name of the data set.
        images: "bundled", or the user's own images, as a search file names them.
        epochs: passes over the images that are trained on.
        batch_size: examples of a mini-batch.
        learning_rate: of SGD at the beginning; it falls to 0 along a cosine.
        momentum: of SGD (Nesterov).
        weight_decay: of SGD.
        augment: whether images are shifted at random and, where they are coloured, mirrored.
        function: ``FILE.py:NAME`` of the user's own training, without its folder; "" for the default one, which is
            SGD.
        code: SHA-256 of that file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    dataset: str = Field(min_length=1, max_length=255)
    images: str = "bundled"
    epochs: int = Field(default=20, ge=1, le=MOST_EPOCHS)
    batch_size: int = Field(default=64, ge=2, le=2**20)
    learning_rate: float = Field(default=0.05, gt=0)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    weight_decay: float = Field(default=5e-4, ge=0)
    augment: bool = True
    function: str = ""
    code: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")

    @property
    def digest(self) -> str:
        """What tells it from others: SHA-256 of its JSON."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def words(self) -> str:
        """The recipe in a line.

        >>> Recipe(dataset="cifar10", epochs=5).words
        '5 epochs, SGD with momentum 0.9, batches of 64, learning rate 0.05 falling along a cosine, weight decay 0.0005'
        """
        length = f"{self.epochs:,} epoch{'' if self.epochs == 1 else 's'}"
        if self.function:
            return f"{length}, {self.function} (SHA-256 {self.code[:8]}…)"
        return (
            f"{length}, SGD with momentum {self.momentum:g}, batches of {self.batch_size}, learning rate "
            f"{self.learning_rate:g} falling along a cosine, weight decay {self.weight_decay:g}"
            f"{'' if self.augment else ', no augmentation'}"
        )

    @classmethod
    def parse(cls, text: str) -> Recipe:
        """Read the JSON that :meth:`model_dump_json` writes.

        Raises:
            UserError: it is none; the message names the first field that is not valid.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise UserError(f"training: {first_problem(error)}") from None


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a recipe: the field, and what is valid."""
    first = error.errors(include_url=False)[0]
    place = ".".join(map(str, first["loc"])) or "recipe"
    return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"


class Epoch(NamedTuple):
    """One epoch of a training.

    Attributes:
        loss: mean over the examples that were trained on; None where it is not known.
        accuracy: on the held-out examples (%), or what the user's function reports; None where it is not known.
        seconds: that it took.
    """

    loss: float | None
    accuracy: float | None
    seconds: float


Finite = Annotated[float, Field(allow_inf_nan=False)]
"""A number as a column of the database may hold it: neither NaN nor infinite."""

_CURVE: Final = TypeAdapter(list[tuple[Finite | None, Finite | None, Finite]], config=ConfigDict(allow_inf_nan=False))


def parse_curve(text: str) -> tuple[Epoch, ...]:
    """The epochs of a stored curve.

    Raises:
        ValueError: it is none.
    """
    return tuple(Epoch(*row) for row in _CURVE.validate_json(text))
