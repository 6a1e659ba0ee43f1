"""What a search file says of Accel-NASBench: images and their size, and which architectures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from backend.errors import UserError
from backend.spaces.base import DatasetSection

TRAINED_ON: Final = "ImageNet"
"""The data set of the benchmark, which is not here."""
TRAINED_CLASSES: Final = 1_000
TRAINED_SIDE: Final = 224
"""Side of the images that sizes are counted and devices were measured with; the trainings grew from 160 to 192."""
IMAGE_SIZE: Final = 64
"""Side that images are resized to unless a search file says another."""


class AccelSection(DatasetSection):
    """``[search.search_space]`` of Accel-NASBench.

    ``dataset`` names the images that networks are scored on, resized to ``image_size`` × ``image_size``. With
    ``architectures = "table"`` the search keeps to the architectures that the benchmark trained and measured: each
    proposal stands for the nearest of them.
    """

    trained_epochs: ClassVar[tuple[int, ...]] = (16,)

    name: Literal["accel_nasbench"] = "accel_nasbench"
    dataset: str = "ImageNet16-120"
    image_size: Annotated[int, Field(ge=32, le=512, strict=True)] = IMAGE_SIZE
    architectures: Literal["all", "table"] = "all"

    @property
    def trained_on(self) -> str:
        """ImageNet, whatever images are scored."""
        return TRAINED_ON

    def check_metrics(self, measured: Sequence[str], ensembles: Sequence[str]) -> None:
        """See :meth:`SpaceSection.check_metrics`: devices were measured with the architectures of the table alone."""
        del ensembles
        if measured and self.architectures != "table":
            raise ValueError(
                f"architectures: {', '.join(measured)} known of the architectures of the benchmark's table alone; give "
                'architectures = "table"'
            )

    def scale(self) -> tuple[object, ...]:
        """The size of the images, and what is narrowed."""
        return (*super().scale(), self.image_size)

    def check_tabled(self) -> None:
        """See :meth:`SpaceSection.check_tabled`: sweeps score at one size."""
        if self.image_size != IMAGE_SIZE:
            size = f"{IMAGE_SIZE}×{IMAGE_SIZE}"
            raise UserError(f"search.search_space.image_size: score tables are of {size} images; give {IMAGE_SIZE}")

    def notices(self) -> list[str]:
        """See :meth:`SpaceSection.notices`."""
        size, trained = f"{self.image_size}×{self.image_size}", f"trained on {TRAINED_ON} for 16 epochs"
        if self.architectures == "table":
            return [f"Scored on {self.dataset} images at {size}; every architecture is of the table, {trained}."]
        return [
            f"Scored on {self.dataset} images at {size}; truth: the architectures of the table, {trained}. Few others "
            "meet it: they are shown without."
        ]
