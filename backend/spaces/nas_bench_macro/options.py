"""What a search file says of NAS-Bench-Macro: the data set, and the choices of each layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from backend.spaces.base import DatasetSection
from backend.spaces.nas_bench_macro.architecture import BLOCKS, LAYERS


def _known_option(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(BLOCKS):
        return value
    options = ", ".join(f"{number} {block.name}" for number, block in enumerate(BLOCKS))
    raise ValueError(f"{repr(value)[:100]} is no option number; the options are {options}")


TRAINED_ON: Final = "cifar10"
"""The data set of the benchmark."""
_ALL: Final = list(range(len(BLOCKS)))
Options = Annotated[list[Annotated[int, BeforeValidator(_known_option)]], Field(min_length=1)]


class NasBenchMacroSection(DatasetSection):
    """``[search.search_space]`` of NAS-Bench-Macro.

    ``layer_1`` … ``layer_8`` list the choices allowed for each layer: 0 identity (a strided 1×1 convolution in the
    first layer of a stage: layers 1, 3 and 6), 1 inverted residual 3×3 with expansion 3, 2 inverted residual 5×5 with
    expansion 6.
    """

    trained_epochs: ClassVar[tuple[int, ...]] = (50,)

    name: Literal["nas_bench_macro"] = "nas_bench_macro"
    layer_1: Options = _ALL
    layer_2: Options = _ALL
    layer_3: Options = _ALL
    layer_4: Options = _ALL
    layer_5: Options = _ALL
    layer_6: Options = _ALL
    layer_7: Options = _ALL
    layer_8: Options = _ALL

    @field_validator(*LAYERS)
    @classmethod
    def _no_doubles(cls, value: list[int]) -> list[int]:
        if len(set(value)) != len(value):
            raise ValueError(f"a choice is listed twice in {value}")
        return value

    @property
    def chosen(self) -> Mapping[str, list[int]]:
        """The numbers of each layer's choices."""
        return {layer: getattr(self, layer) for layer in LAYERS}

    def notices(self) -> list[str]:
        """See :meth:`SpaceSection.notices`."""
        if self.data == TRAINED_ON:
            return []
        return [f"True accuracies are known on {TRAINED_ON} only: networks for {self.data} are shown without."]

    @classmethod
    def table_of(cls, table: Mapping[str, Any], dataset: str, chosen: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        """See :meth:`SpaceSection.table_of`."""
        return {**table, "dataset": dataset, **{layer: list(options) for layer, options in chosen.items()}}
