"""What the truth of a space is about: tasks, each with its metric, unit, direction, images, length and noise."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True, slots=True)
class TruthField:
    """One field of what is recorded of a training.

    Attributes:
        name: such as "test-accuracy".
        label: a heading for people, such as "Test accuracy".
        unit: "%", "nats", "s" or "".
        images: the images that the field was measured on.
        better: which way is better.
    """

    name: str
    label: str
    unit: str
    images: str
    better: Direction = "maximize"

    @property
    def said(self) -> str:
        """The label within a sentence: an abbreviation keeps its capitals.

        >>> TruthField("ssim", "SSIM", "", "").said, ACCURACY.said
        ('SSIM', 'test accuracy')
        """
        return self.label if self.label[1:2].isupper() else f"{self.label[:1].lower()}{self.label[1:]}"

    @property
    def points(self) -> str:
        """The unit of a difference of two values: of percentages it is points."""
        return "points" if self.unit == "%" else self.unit

    @property
    def bounds(self) -> tuple[float, float]:
        """The values that there can be."""
        return (0.0, 100.0) if self.unit == "%" else (-math.inf, math.inf)

    def with_unit(self, name: str) -> str:
        """A heading with the field's unit behind it."""
        return f"{name} ({self.unit})" if self.unit else name


ACCURACY: Final = TruthField("test-accuracy", "Test accuracy", "%", "the test images")
"""What architectures are compared by where nothing else is known of their truth."""


@dataclass(frozen=True, slots=True)
class TruthTask:
    """What the architectures of a space are compared by: one field, after one length of training on one data set.

    Attributes:
        dataset: that they were trained on.
        epochs: length of the training.
        field: metric, unit, direction and images. More is better: a loss is given as its negative.
        release: where the numbers are from.
        noise: standard deviation of one training, in the field's unit; NaN where it is not known.
        help: what a reader has to know of the numbers, in a sentence or two.
        variant_of: the data set whose task this one repeats with fewer training images; "" for a task of its own.
    """

    dataset: str
    epochs: int
    field: TruthField
    release: str
    noise: float = math.nan
    help: str = ""
    variant_of: str = ""

    @property
    def column(self) -> str:
        """The column of tables of trials, such as "200:test-accuracy"."""
        return f"{self.epochs}:{self.field.name}"

    @property
    def name(self) -> str:
        """What is measured, on which data set, and after how long a training."""
        return f"{self.field.label}, {self.dataset}, {self.epochs} epochs"

    @property
    def label(self) -> str:
        """The name with the unit, for axes."""
        return self.field.with_unit(self.name)

    @property
    def axis(self) -> str:
        """The label, as that of true values beside predictions or scores."""
        return self.field.with_unit(f"True {self.field.said}, {self.dataset}, {self.epochs} epochs")
