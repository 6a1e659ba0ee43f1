"""The configuration of a search: the TOML of a search file as pydantic models.

The sections mirror the file's, key for key, so that the form of the dashboard, the command line and a file all speak
of one model: ``SearchConfig.from_toml(text)``, ``config.to_toml()``. What a file leaves out has a default; what it
contradicts is settled in :mod:`backend.search.notices`, and said.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_args

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from backend import proxies
from backend.errors import ConfigError
from backend.images import DATASETS
from backend.search.validation import problems_of

Direction = Literal["maximize", "minimize"]
SamplerName = Literal["tpe", "nsgaii", "nsgaiii", "random", "qmc"]
DataLoader = Literal["train_dataloader", "val_dataloader"]

SAMPLERS: tuple[str, ...] = get_args(SamplerName)
EDGE_KEYS = ("op_1_0", "op_2_0", "op_2_1", "op_3_0", "op_3_1", "op_3_2")
HARDWARE_METRICS = ("average_bitwidth",)

OptionNumber = Annotated[int, Field(ge=0, le=4, strict=True)]
Options = Annotated[list[OptionNumber], Field(min_length=1)]
Width = Annotated[int, Field(ge=1, le=256, strict=True)]
Depth = Annotated[int, Field(ge=1, le=20, strict=True)]


class Section(BaseModel):
    """A table of the search file: unknown keys are refused, so that a typing error is found."""

    model_config = ConfigDict(extra="forbid", validate_default=True, validate_assignment=False)


class SpaceSetup(Section):
    """``[search.search_space.setup]``: how the space is walked; the file format knows one way."""

    by: Literal["name"] = "name"


class SeedChoice(Section):
    """``[search.search_space.seed.default.config]``: quantisation; "NA" says that layers are not quantised."""

    name: list[Literal["NA"]] = ["NA"]


class SeedDefault(Section):
    """``[search.search_space.seed.default]``."""

    config: SeedChoice = SeedChoice()


class SeedSection(Section):
    """``[search.search_space.seed]``."""

    default: SeedDefault = SeedDefault()


class CellChoices(Section):
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
        if value[0] not in DATASETS:
            raise ValueError(f"unknown data set {value[0]!r}; one of {', '.join(DATASETS)}")
        return value

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


class CellSpaceSection(Section):
    """``[search.search_space.nas_zero_cost]``."""

    config: CellChoices = CellChoices()


class SearchSpaceSection(Section):
    """``[search.search_space]``."""

    name: Literal["graph/software/zero_cost"] = "graph/software/zero_cost"
    setup: SpaceSetup = SpaceSetup()
    seed: SeedSection = SeedSection()
    nas_zero_cost: CellSpaceSection = CellSpaceSection()


class ZeroCostRunner(Section):
    """``[search.strategy.sw_runner.zero_cost]``: which proxies, on which images, on which device.

    ``images`` is "bundled", "random" or the path of the user's own data. ``scores`` is "compute", "table" (the bundled
    table of the data set) or the path of a sweep's table. ``nasbench_epochs`` chooses the training length whose true
    accuracies stand in the tables (both lengths are recorded).
    """

    metrics: list[str] = []
    data_loader: DataLoader = "val_dataloader"
    num_samples: Annotated[int, Field(ge=2, strict=True)] = 64
    images: Annotated[str, Field(min_length=1)] = "bundled"
    scores: Annotated[str, Field(min_length=1)] = "compute"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    nasbench_epochs: Literal[12, 200] = 200

    @field_validator("metrics")
    @classmethod
    def _known_metrics(cls, value: list[str]) -> list[str]:
        for name in value:
            proxies.get(name)
        if len(set(value)) != len(value):
            raise ValueError(f"a proxy is listed twice in {value}")
        return value


class SoftwareRunners(Section):
    """``[search.strategy.sw_runner]``."""

    zero_cost: ZeroCostRunner = ZeroCostRunner()


class AverageBitwidth(Section):
    """``[search.strategy.hw_runner.average_bitwidth]``: bits a weight, compared to ``compare_to``."""

    compare_to: Annotated[int, Field(ge=1)] = 32


class HardwareRunners(Section):
    """``[search.strategy.hw_runner]``."""

    average_bitwidth: AverageBitwidth | None = None


class SearchSetup(Section):
    """``[search.strategy.setup]``: sampler, budget and number of objectives.

    ``n_trials`` counts distinct connected cells; with ``distinct_cells = false`` it counts every trial.
    ``timeout`` is in seconds.
    """

    n_jobs: Annotated[int, Field(ge=1, le=64, strict=True)] = 1
    n_trials: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = 100
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    sampler: SamplerName = "tpe"
    sum_scaled_metrics: bool = False
    direction: Direction | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    distinct_cells: bool = True

    @model_validator(mode="after")
    def _sum_has_a_direction(self) -> Self:
        if self.sum_scaled_metrics and self.direction is None:
            raise ValueError("direction: needed with sum_scaled_metrics = true: 'maximize' or 'minimize'")
        return self


class MetricGoal(Section):
    """``[search.strategy.metrics]``, one metric: its weight (0: recorded only) and its direction."""

    scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    direction: Direction = "maximize"


class StrategySection(Section):
    """``[search.strategy]``."""

    name: Literal["optuna"] = "optuna"
    eval_mode: bool = False
    setup: SearchSetup = SearchSetup()
    sw_runner: SoftwareRunners = SoftwareRunners()
    hw_runner: HardwareRunners = HardwareRunners()
    metrics: dict[str, MetricGoal] = {}

    @field_validator("metrics")
    @classmethod
    def _known_goals(cls, value: dict[str, MetricGoal]) -> dict[str, MetricGoal]:
        for name in value:
            if name not in HARDWARE_METRICS:
                proxies.get(name)
        return value

    @model_validator(mode="after")
    def _has_an_objective(self) -> Self:
        if not any(goal.scale for goal in self.metrics.values()):
            raise ValueError("metrics: no metric has a scale above 0, so there is nothing to optimise; give one")
        return self


class RunnerName(Section):
    """``[search.sw_runner]``."""

    name: Literal["zero_cost"] = "zero_cost"


class SearchConfig(Section):
    """A whole search file (its ``[search]`` table)."""

    search_space: SearchSpaceSection = SearchSpaceSection()
    strategy: StrategySection
    sw_runner: RunnerName = RunnerName()

    @classmethod
    def from_mapping(cls, tables: Mapping[str, Any]) -> Self:
        """Validate parsed TOML tables, those under ``[search]`` included.

        Raises:
            ConfigError: a key or value is wrong; the message names the dotted key and what is valid.
        """
        if "search" not in tables:
            raise ConfigError([("search", "this table is missing; a search file begins with [search.search_space]")])
        if unknown := sorted(set(tables) - {"search"}):
            raise ConfigError([(unknown[0], "unknown table; all tables of a search file begin with 'search.'")])
        try:
            return cls.model_validate(tables["search"])
        except ValidationError as error:
            raise ConfigError(problems_of(error, cls, "search")) from None

    @classmethod
    def from_toml(cls, text: str, source: str = "the TOML text") -> Self:
        """Parse and validate a search file's text.

        Raises:
            ConfigError: as :meth:`from_mapping`, and for text that is no TOML.
        """
        try:
            tables = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError([("", f"{source} is not valid TOML: {error}")]) from None
        return cls.from_mapping(tables)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a search file.

        Raises:
            ConfigError: as :meth:`from_toml`, and for a file that cannot be read.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError([("", f"cannot read {path}: {error.strerror}")]) from None
        except UnicodeDecodeError:
            raise ConfigError([("", f"{path} is not valid TOML: it is not UTF-8 text")]) from None
        return cls.from_toml(text, source=str(path))

    def to_toml(self) -> str:
        """The search file of this configuration; parsing it gives an equal configuration."""
        return tomli_w.dumps({"search": self.model_dump(exclude_none=True)})

    def with_trials(self, trials: int) -> Self:
        """The same search with another number of trials.

        Raises:
            ConfigError: the number is below 1.
        """
        tables = self.model_dump(exclude_none=True)
        tables["strategy"]["setup"]["n_trials"] = trials
        return self.from_mapping({"search": tables})

    @property
    def cells(self) -> CellChoices:
        """Data set, network size and options of each edge."""
        return self.search_space.nas_zero_cost.config

    @property
    def dataset(self) -> str:
        """The one data set of the study."""
        return self.cells.dataset[0]

    @property
    def setup(self) -> SearchSetup:
        """Sampler and budget."""
        return self.strategy.setup

    @property
    def runner(self) -> ZeroCostRunner:
        """Proxies, images and device."""
        return self.strategy.sw_runner.zero_cost

    @property
    def split(self) -> Literal["train", "val"]:
        """The split that ``data_loader`` names."""
        return "train" if self.runner.data_loader == "train_dataloader" else "val"

    @property
    def hardware_metrics(self) -> list[str]:
        """Hardware metrics to record: those with a runner of their own or a goal."""
        asked = {name for name in HARDWARE_METRICS if getattr(self.strategy.hw_runner, name) is not None}
        return [name for name in HARDWARE_METRICS if name in asked | set(self.strategy.metrics)]

    @property
    def proxy_names(self) -> list[str]:
        """Proxies to compute: the runner's list, then those that only have a goal with a scale above 0."""
        goals = [name for name, goal in self.strategy.metrics.items() if goal.scale and name not in HARDWARE_METRICS]
        return list(dict.fromkeys([*self.runner.metrics, *goals]))
