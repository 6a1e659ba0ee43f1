"""What search files say of the two spaces: images and their size, the truth to compare with, and choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from backend.errors import UserError
from backend.spaces.base import DatasetSection
from backend.spaces.transnas.architecture import EDGE_KEYS, LENGTHS, MODULE_KEYS, NO_MODULE, OPERATIONS
from backend.spaces.transnas.backbone import IMAGE_SIZE, MODULES, TASKS

Task = Literal["class_scene", "class_object", "room_layout", "jigsaw", "segmentsemantic", "normal", "autoencoder"]
DEFAULT_TASK: Final = "class_scene"
KINDS: Final = (*(module.name for module in MODULES.values()), NO_MODULE)
"""What a module's parameter can be."""
NEEDED: Final = MODULE_KEYS[: min(LENGTHS)]
"""The modules that every macro architecture has."""

_NONE, _FIRST_KIND = 0, 1
_EDGE: Final = dict(enumerate(OPERATIONS))
_KIND: Final = {int(digit): module.name for digit, module in MODULES.items()}
_KIND_OR_NONE: Final = {_NONE: "no module", **_KIND}
_ALL_OPERATIONS: Final = list(_EDGE)
_ALL_KINDS: Final = list(_KIND)
_ALL_OR_NONE: Final = list(_KIND_OR_NONE)


def _one_of(known: Mapping[int, str]) -> Callable[[Any], Any]:
    options = ", ".join(f"{number} {name}" for number, name in known.items())

    def checked(value: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool) and value in known:
            return value
        raise ValueError(f"{repr(value)[:100]} is no option number; the options are {options}")

    return checked


Operations = Annotated[list[Annotated[int, BeforeValidator(_one_of(_EDGE))]], Field(min_length=1)]
Kinds = Annotated[list[Annotated[int, BeforeValidator(_one_of(_KIND))]], Field(min_length=1)]
KindsOrNone = Annotated[list[Annotated[int, BeforeValidator(_one_of(_KIND_OR_NONE))]], Field(min_length=1)]


class TransNasSection(DatasetSection):
    """What both spaces let a search file say.

    ``dataset`` names the images that networks are scored on, resized to ``image_size`` × ``image_size``. ``truth`` is
    the task whose results are shown beside the scores: the networks were trained for it on Taskonomy's images, which
    are not bundled.
    """

    trained_epochs: ClassVar[tuple[int, ...]] = tuple(sorted(set(TASKS.values())))
    truths: ClassVar[tuple[str, ...]] = tuple(TASKS)
    options: ClassVar[tuple[str, ...]] = ()

    truth: Task = DEFAULT_TASK
    image_size: Annotated[int, Field(ge=16, le=512, strict=True)] = IMAGE_SIZE

    @property
    def trained_on(self) -> str:
        """The task of the truth."""
        return self.truth

    @property
    def lengths(self) -> tuple[int, ...]:
        """The one length of that task's training."""
        return (TASKS[self.truth],)

    @property
    def chosen(self) -> Mapping[str, list[int]]:
        """The numbers of each parameter's options."""
        return {name: getattr(self, name) for name in self.options}

    @classmethod
    def table_of(cls, table: Mapping[str, Any], dataset: str, chosen: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        """See :meth:`SpaceSection.table_of`."""
        return {**table, "dataset": dataset, **{name: list(options) for name, options in chosen.items()}}

    def scale(self) -> tuple[object, ...]:
        """The size of the images."""
        return (self.name, self.image_size)

    def check_tabled(self) -> None:
        """See :meth:`SpaceSection.check_tabled`: sweeps score at one size."""
        if self.image_size != IMAGE_SIZE:
            size = f"{IMAGE_SIZE}×{IMAGE_SIZE}"
            raise UserError(f"search.search_space.image_size: score tables are of {size} images; give {IMAGE_SIZE}")

    def notices(self) -> list[str]:
        """See :meth:`SpaceSection.notices`."""
        size = f"{self.image_size}×{self.image_size}"
        return [f"Scored on {self.dataset} images at {size}; truth: {self.truth}, trained on Taskonomy at 256×256."]


class TransNasMicroSection(TransNasSection):
    """``[search.search_space]`` of TransNAS-Bench-101 Micro.

    ``edge_0_1`` … ``edge_2_3`` list the operations allowed on each edge: 0 none, 1 skip, 2 convolution 1×1, 3
    convolution 3×3.
    """

    options: ClassVar[tuple[str, ...]] = EDGE_KEYS

    name: Literal["transnas_micro"] = "transnas_micro"
    edge_0_1: Operations = _ALL_OPERATIONS
    edge_0_2: Operations = _ALL_OPERATIONS
    edge_1_2: Operations = _ALL_OPERATIONS
    edge_0_3: Operations = _ALL_OPERATIONS
    edge_1_3: Operations = _ALL_OPERATIONS
    edge_2_3: Operations = _ALL_OPERATIONS

    @field_validator(*EDGE_KEYS)
    @classmethod
    def _no_doubles(cls, value: list[int]) -> list[int]:
        return _unique(value)


class TransNasMacroSection(TransNasSection):
    """``[search.search_space]`` of TransNAS-Bench-101 Macro.

    ``module_1`` … ``module_6`` list what each module may be, by the digits of the benchmark's strings: 1 keeps the
    shape, 2 doubles the channels, 3 halves the image, 4 does both. Modules 5 and 6 may be 0: there is none.
    """

    options: ClassVar[tuple[str, ...]] = MODULE_KEYS

    name: Literal["transnas_macro"] = "transnas_macro"
    module_1: Kinds = _ALL_KINDS
    module_2: Kinds = _ALL_KINDS
    module_3: Kinds = _ALL_KINDS
    module_4: Kinds = _ALL_KINDS
    module_5: KindsOrNone = _ALL_OR_NONE
    module_6: KindsOrNone = _ALL_OR_NONE

    @field_validator(*MODULE_KEYS)
    @classmethod
    def _no_doubles(cls, value: list[int]) -> list[int]:
        return _unique(value)

    @property
    def chosen(self) -> Mapping[str, list[int]]:
        """Positions in :data:`KINDS`, where "none" is the last, of each module's kinds."""
        return {name: [_position(number) for number in getattr(self, name)] for name in self.options}

    @classmethod
    def table_of(cls, table: Mapping[str, Any], dataset: str, chosen: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        """See :meth:`SpaceSection.table_of`."""
        digits = {
            name: [_digit(at) if isinstance(at, int) else at for at in options] for name, options in chosen.items()
        }
        return super().table_of(table, dataset, digits)


def _position(digit: int) -> int:
    return len(KINDS) - 1 if digit == _NONE else digit - _FIRST_KIND


def _digit(position: int) -> int:
    return _NONE if position == len(KINDS) - 1 else position + _FIRST_KIND


def _unique(value: list[int]) -> list[int]:
    if len(set(value)) != len(value):
        raise ValueError(f"an option is listed twice in {value}")
    return value
