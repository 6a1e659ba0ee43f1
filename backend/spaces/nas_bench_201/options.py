"""What a search file says of NAS-Bench-201: the mission's tables under ``[search.search_space]``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, ValidationError, field_validator

from backend.datasets.info import NUM_CLASSES, check_dataset_name
from backend.errors import UserError
from backend.spaces.base import SpaceSection, Table
from backend.spaces.nas_bench_201.cell import OPERATIONS

EDGE_KEYS = ("op_1_0", "op_2_0", "op_2_1", "op_3_0", "op_3_1", "op_3_2")
_LONGEST: Final = 100
"""Characters of a value in a message."""
TRAINED_SIZE = (16, 5)
"""C and N of the networks that the benchmark trained, and that devices were measured with."""
TRAINED_ON = ("cifar10", "cifar10-valid", "cifar100", "ImageNet16-120")
"""The data sets that the benchmark trained on, in the order of its tables; images may be of others too."""


def _known_option(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(OPERATIONS):
        return value
    options = ", ".join(f"{number} {name}" for number, name in enumerate(OPERATIONS))
    text = repr(value)
    raise ValueError(
        f"{text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'} is no option number; the options are {options}"
    )


OptionNumber = Annotated[int, BeforeValidator(_known_option)]
Options = Annotated[list[OptionNumber], Field(min_length=1)]
Width = Annotated[int, Field(ge=1, le=256, strict=True)]
Depth = Annotated[int, Field(ge=1, le=20, strict=True)]


class SpaceSetup(Table):
    """``[search.search_space.setup]``: how the space is walked; the file format knows one way."""

    by: Literal["name"] = "name"


class SeedChoice(Table):
    """``[search.search_space.seed.default.config]``: quantisation; "NA" says that layers are not quantised."""

    name: list[Literal["NA"]] = ["NA"]


class SeedDefault(Table):
    """``[search.search_space.seed.default]``."""

    config: SeedChoice = SeedChoice()


class SeedSection(Table):
    """``[search.search_space.seed]``."""

    default: SeedDefault = SeedDefault()


class CellChoices(Table):
    """``[search.search_space.nas_zero_cost.config]``: data set, network size and the options of each edge.

    ``op_i_j`` lists the operations allowed on the edge from node j to node i: 0 none, 1 skip_connect,
    2 nor_conv_3x3, 3 nor_conv_1x1, 4 avg_pool_3x3.
    """

    dataset: Annotated[list[str], Field(min_length=1, max_length=1)] = ["cifar10"]
    name: list[Literal["infer.tiny"]] = ["infer.tiny"]
    C: Annotated[list[Width], Field(min_length=1)] = [16]
    N: Annotated[list[Depth], Field(min_length=1)] = [5]
    op_0_0: list[Literal[0]] = [0]
    op_1_0: Options = [0, 1, 2, 3, 4]
    op_2_0: Options = [0, 1, 2, 3, 4]
    op_2_1: Options = [0, 1, 2, 3, 4]
    op_3_0: Options = [0, 1, 2, 3, 4]
    op_3_1: Options = [0, 1, 2, 3, 4]
    op_3_2: Options = [0, 1, 2, 3, 4]
    number_classes: list[Annotated[int, Field(ge=1, strict=True)]] | None = None

    @field_validator("dataset")
    @classmethod
    def _known_dataset(cls, value: list[str]) -> list[str]:
        # A published data set, or any name for images of a user's own.
        return [check_dataset_name(value[0])]

    @field_validator("C", "N", *EDGE_KEYS)
    @classmethod
    def _no_doubles(cls, value: list[int]) -> list[int]:
        if len(set(value)) != len(value):
            raise ValueError(f"a choice is listed twice in {value}")
        return value

    def options(self, edge_key: str) -> list[int]:
        """Option numbers allowed on an edge, such as ``"op_1_0"``."""
        chosen: list[int] = getattr(self, edge_key)
        return chosen


class CellSpaceSection(Table):
    """``[search.search_space.nas_zero_cost]``."""

    config: CellChoices = CellChoices()


class NasBench201Section(SpaceSection):
    """``[search.search_space]`` of NAS-Bench-201, as the mission writes it."""

    place = ("nas_zero_cost", "config")
    takes_own_data = True
    trained_epochs = (12, 200)

    name: Literal["graph/software/zero_cost", "nas_bench_201"] = "graph/software/zero_cost"
    setup: SpaceSetup = SpaceSetup()
    seed: SeedSection = SeedSection()
    nas_zero_cost: CellSpaceSection = CellSpaceSection()

    @property
    def _is_trained_size(self) -> bool:
        return [[size] for size in TRAINED_SIZE] == [self.choices.C, self.choices.N]

    @property
    def choices(self) -> CellChoices:
        """Data set, network size and options of each edge."""
        return self.nas_zero_cost.config

    @property
    def data(self) -> str:
        """Name of the data set."""
        return self.choices.dataset[0]

    @property
    def names_data(self) -> bool:
        """See :meth:`SpaceSection.names_data`."""
        cells = self.nas_zero_cost
        given = "nas_zero_cost" in self.model_fields_set and "config" in cells.model_fields_set
        return given and "dataset" in cells.config.model_fields_set

    def with_data(self, dataset: str) -> Self:
        """See :meth:`SpaceSection.with_data`."""
        choices = self.choices.model_copy(update={"dataset": [dataset]})
        return self.model_copy(update={"nas_zero_cost": CellSpaceSection(config=choices)})

    @property
    def chosen(self) -> Mapping[str, list[int]]:
        """Widths, depths and the numbers of each edge's operations."""
        return {key: getattr(self.choices, key) for key in ("C", "N", *EDGE_KEYS)}

    @classmethod
    def table_of(cls, table: Mapping[str, Any], dataset: str, chosen: Mapping[str, Sequence[object]]) -> dict[str, Any]:
        """See :meth:`SpaceSection.table_of`."""
        cells = table.get("nas_zero_cost", {})
        config = dict(cells.get("config", {}))
        if config.get("dataset", [dataset]) != [dataset]:
            config.pop("number_classes", None)
        changed = {key: list(options) for key, options in chosen.items()}
        return {**table, "nas_zero_cost": {**cells, "config": {**config, "dataset": [dataset], **changed}}}

    @classmethod
    def data_in(cls, table: Mapping[str, Any]) -> str | None:
        """See :meth:`SpaceSection.data_in`."""
        at: Any = table
        for key in ("nas_zero_cost", "config", "dataset"):
            at = at.get(key) if isinstance(at, dict) else None
        try:
            return CellChoices.model_validate({"dataset": at}).dataset[0]
        except ValidationError:
            return None

    def check_metrics(self, measured: Sequence[str], ensembles: Sequence[str]) -> None:
        """See :meth:`SpaceSection.check_metrics`: both are of networks with C = 16 and N = 5."""
        if measured and self.data not in TRAINED_ON:
            valid = ", ".join(TRAINED_ON)
            raise ValueError(
                f"nas_zero_cost.config.dataset: {', '.join(measured)}: measured for {valid} only; leave it out"
            )
        for names, said in (
            (measured, "measured for networks with C = 16 and N = 5 only"),
            (ensembles, "ensembles are fitted on networks with C = 16 and N = 5"),
        ):
            for key, size in zip(("C", "N"), TRAINED_SIZE, strict=True):
                if names and getattr(self.choices, key) != [size]:
                    raise ValueError(f"nas_zero_cost.config.{key}: {', '.join(names)}: {said}; give {key} = [{size}]")

    def scale(self) -> tuple[object, ...]:
        """See :meth:`SpaceSection.scale`: widths and depths."""
        return "nas_bench_201", tuple(self.choices.C), tuple(self.choices.N)

    def check_tabled(self) -> None:
        """See :meth:`SpaceSection.check_tabled`."""
        if not self._is_trained_size:
            raise UserError("score tables are of networks with C = 16 and N = 5; compute the scores of others")

    def notices(self) -> list[str]:
        """See :meth:`SpaceSection.notices`."""
        lines = []
        given, true = self.choices.number_classes, NUM_CLASSES.get(self.data)
        if self.data not in TRAINED_ON:
            return [
                f"True accuracies are known on {', '.join(TRAINED_ON)}: networks for {self.data} are shown without."
            ]
        if given is not None and given != [true]:
            shown = ", ".join(map(str, given))
            lines.append(f"number_classes is {shown} but {self.data} has {true} classes: {true} are used.")
        if tuple([size] for size in TRAINED_SIZE) != (self.choices.C, self.choices.N):
            lines.append("True accuracies are known for C = 16 and N = 5 only: other networks are shown without.")
        return lines
