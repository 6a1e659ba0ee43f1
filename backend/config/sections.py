"""The tables of a search file as pydantic models, key for key; :mod:`backend.config.model` puts them together.

They hold names. That there is such a proxy is asked of the registry, which loads PyTorch: a validation with the context
:data:`NAMES_ALONE` leaves it out, for lists of studies and for files that name proxies of their makers' own.
"""

from typing import Annotated, Literal, Self, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)

from backend import costs as hardware
from backend.costs.constraints import Constraint, by_metric
from backend.datasets.info import DATASETS

Direction = Literal["maximize", "minimize"]
SamplerName = Literal["tpe", "rank_tpe", "nsgaii", "nsgaiii", "random", "qmc"]
DataLoader = Literal["train_dataloader", "val_dataloader"]

SAMPLERS: tuple[str, ...] = get_args(SamplerName)
BLIND_SAMPLERS = ("random", "qmc")
"""Samplers that learn from no trial, and so not which cells break a constraint either."""
ENSEMBLE_PREFIX = "ensemble:"
"""Before the name of a saved ensemble where it stands as a metric."""
NAMES_ALONE = {"proxies": "unchecked"}
"""Context of a validation that takes any name for that of a proxy."""
EDGE_KEYS = ("op_1_0", "op_2_0", "op_2_1", "op_3_0", "op_3_1", "op_3_2")

OptionNumber = Annotated[int, Field(ge=0, le=4, strict=True)]
Options = Annotated[list[OptionNumber], Field(min_length=1)]
Width = Annotated[int, Field(ge=1, le=256, strict=True)]
Depth = Annotated[int, Field(ge=1, le=20, strict=True)]
ConstraintText = Annotated[Constraint, BeforeValidator(Constraint.parse), PlainSerializer(str)]


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
    def _known_metrics(cls, value: list[str], info: ValidationInfo) -> list[str]:
        for name in value:
            if name.startswith(ENSEMBLE_PREFIX):
                raise ValueError(f"{name!r} is no proxy; ensembles stand in search.strategy.metrics")
            if ":" in name:
                raise ValueError(f"{name!r} is no proxy; hardware metrics stand in hw_runner.hardware_cost.metrics")
            _check_proxy(name, info)
        if len(set(value)) != len(value):
            raise ValueError(f"a proxy is listed twice in {value}")
        return value


class SoftwareRunners(Section):
    """``[search.strategy.sw_runner]``."""

    zero_cost: ZeroCostRunner = ZeroCostRunner()


class AverageBitwidth(Section):
    """``[search.strategy.hw_runner.average_bitwidth]``: bits a weight, compared to ``compare_to``."""

    compare_to: Annotated[int, Field(ge=1)] = 32


class HardwareCost(Section):
    """``[search.strategy.hw_runner.hardware_cost]``: which sizes, and which latencies and energies of devices.

    ``params`` and ``flops`` are zero-cost proxies as well: where that runner lists one, it is recorded as a proxy.
    """

    metrics: list[str] = []

    @field_validator("metrics")
    @classmethod
    def _known_costs(cls, value: list[str]) -> list[str]:
        for name in value:
            if name not in hardware.COSTS:
                raise ValueError(f"unknown hardware metric {name!r}; valid: {', '.join(hardware.COSTS)}")
        if len(set(value)) != len(value):
            raise ValueError(f"a hardware metric is listed twice in {value}")
        return value


class HardwareRunners(Section):
    """``[search.strategy.hw_runner]``."""

    average_bitwidth: AverageBitwidth | None = None
    hardware_cost: HardwareCost | None = None

    @property
    def costs(self) -> list[str]:
        """What ``hardware_cost`` lists."""
        return self.hardware_cost.metrics if self.hardware_cost else []


class SearchSetup(Section):
    """``[search.strategy.setup]``: sampler, budget, number of objectives, and constraints on hardware metrics.

    ``n_workers`` processes may share the search, on as many machines; each scores ``n_jobs`` cells at once.
    ``n_trials`` counts distinct connected cells that keep the constraints; with ``distinct_cells = false`` it counts
    every trial. ``timeout`` is in seconds. A constraint reads ``NAME <= NUMBER`` or
    ``NAME >= NUMBER``, in the metric's unit.
    """

    n_jobs: Annotated[int, Field(ge=1, le=64, strict=True)] = 1
    n_workers: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 1
    n_trials: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = 100
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    sampler: SamplerName = "tpe"
    sum_scaled_metrics: bool = False
    direction: Direction | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    distinct_cells: bool = True
    constraints: list[ConstraintText] = []

    @field_validator("constraints")
    @classmethod
    def _one_bound_each_way(cls, value: list[Constraint]) -> list[Constraint]:
        for metric, bounds in by_metric(value).items():
            if len({bound.sense for bound in bounds}) < len(bounds):
                raise ValueError(f"{metric} has two bounds of one kind; give one <= and one >= at most")
        return value

    @model_validator(mode="after")
    def _sum_has_a_direction(self) -> Self:
        if self.sum_scaled_metrics and self.direction is None:
            raise ValueError("direction: needed with sum_scaled_metrics = true: 'maximize' or 'minimize'")
        return self


class MetricGoal(Section):
    """``[search.strategy.metrics]``, one metric: its weight (0: recorded only) and its direction.

    Without a direction, hardware metrics are minimised, proxies and ensembles maximised. ``"ensemble:NAME"`` is the
    prediction of the saved ensemble of that name.
    """

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
    def _known_goals(cls, value: dict[str, MetricGoal], info: ValidationInfo) -> dict[str, MetricGoal]:
        for name in value:
            if name.startswith(ENSEMBLE_PREFIX):
                continue
            if ":" in name:
                hardware.get(name)
            elif name not in hardware.available():
                _check_proxy(name, info)
        return value

    @model_validator(mode="after")
    def _has_an_objective(self) -> Self:
        if not any(goal.scale for goal in self.metrics.values()):
            raise ValueError("metrics: no metric has a scale above 0, so there is nothing to optimise; give one")
        return self

    @model_validator(mode="after")
    def _lists_its_costs(self) -> Self:
        """What has a goal or a constraint is listed, so that file and form say the same."""
        goals = (name for name in self.metrics if ":" in name)
        bounded = (constraint.metric for constraint in self.setup.constraints)
        used = (name for name in (*goals, *bounded) if name in hardware.COSTS)
        costs = list(dict.fromkeys([*self.hw_runner.costs, *used]))
        listed = HardwareCost(metrics=costs) if costs else None
        self.hw_runner = self.hw_runner.model_copy(update={"hardware_cost": listed})
        return self

    @model_validator(mode="after")
    def _costs_are_minimised(self) -> Self:
        for name in self.hardware_metrics:
            goal = self.metrics.get(name)
            if goal is not None and "direction" not in goal.model_fields_set:
                self.metrics[name] = MetricGoal(scale=goal.scale, direction="minimize")
        return self

    @property
    def hardware_metrics(self) -> list[str]:
        """Hardware metrics to record: those with a runner, a goal or a constraint, unless they count as proxies."""
        bitwidth = hardware.AVERAGE_BITWIDTH
        asked = self.hw_runner.average_bitwidth is not None or bitwidth in self.metrics
        asked = asked or any(constraint.metric == bitwidth for constraint in self.setup.constraints)
        names = [*([bitwidth] if asked else []), *self.hw_runner.costs]
        return [name for name in names if name not in self.sw_runner.zero_cost.metrics]

    @property
    def ensemble_metrics(self) -> list[str]:
        """Metrics that are saved ensembles, such as "ensemble:mine"; with a scale of 0 they are recorded."""
        return [name for name in self.metrics if name.startswith(ENSEMBLE_PREFIX)]

    @property
    def proxy_names(self) -> list[str]:
        """Proxies to compute: the runner's list, then those that only have a goal with a scale above 0."""
        others = {*self.hardware_metrics, *self.ensemble_metrics}
        goals = [name for name, goal in self.metrics.items() if goal.scale and name not in others]
        return list(dict.fromkeys([*self.sw_runner.zero_cost.metrics, *goals]))


class RunnerName(Section):
    """``[search.sw_runner]``."""

    name: Literal["zero_cost"] = "zero_cost"


def _check_proxy(name: str, info: ValidationInfo) -> None:
    if info.context is NAMES_ALONE:
        return
    # The proxies load PyTorch.
    from backend import proxies  # noqa: PLC0415

    proxies.get(name)
