"""The tables of a search file as pydantic models, key for key; :mod:`backend.config.model` puts them together.

They hold names. That there is such a proxy is asked of the registry, which loads PyTorch: a validation with the context
:data:`NAMES_ALONE` leaves it out, for lists of studies and for files that name proxies of their makers' own.
"""

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from backend import costs as hardware
from backend.costs.constraints import Constraint, by_metric
from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SpaceSection, Table
from backend.spaces.truth_tasks import Direction

SamplerName = Literal["tpe", "rank_tpe", "nsgaii", "nsgaiii", "random", "qmc"]
Distinct = Literal["function", "architecture", "trial"]
DataLoader = Literal["train_dataloader", "val_dataloader"]

SAMPLERS: tuple[str, ...] = get_args(SamplerName)
BLIND_SAMPLERS = ("random", "qmc")
"""Samplers that learn from no trial, and so not what breaks a constraint either."""
ENSEMBLE_PREFIX = "ensemble:"
"""Before the name of a saved ensemble where it stands as a metric."""
NAMES_ALONE = {"proxies": "unchecked"}
"""Context of a validation that takes any name for that of a proxy."""


def _checked_jobs(value: Any) -> Any:
    if value == "auto" or (type(value) is int and 1 <= value <= MOST_JOBS):
        return value
    if value is None:
        raise ValueError("this field is empty; give a value")
    raise ValueError(f'should be "auto" or a whole number from 1 to {MOST_JOBS} (got {value!r:.100})')


MOST_JOBS = 64
Jobs = Annotated[int | Literal["auto"], PlainValidator(_checked_jobs)]
"""How many architectures are scored at once: "auto" is one a core."""
ConstraintText = Annotated[Constraint, BeforeValidator(Constraint.parse), PlainSerializer(str)]


def section_of(search: Any) -> type[SpaceSection]:
    """The model of the ``[search.search_space]`` table of a file; the plain one where the file names no known space."""
    table = search.get("search_space", {}) if isinstance(search, dict) else {}
    try:
        return registry.get(table.get("name", registry.DEFAULT) if isinstance(table, dict) else "").section
    except UserError:
        return SpaceSection


def _as_section(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, SpaceSection) or not isinstance(value, dict):
        return value
    try:
        model = registry.get(value.get("name", registry.DEFAULT)).section
    except UserError as error:
        raise ValueError(f"name: {error}") from None
    return model.model_validate(value, context=info.context)


SpaceTable = Annotated[SerializeAsAny[SpaceSection], BeforeValidator(_as_section)]
"""A ``[search.search_space]`` table of any space."""


class ZeroCostRunner(Table):
    """``[search.strategy.sw_runner.zero_cost]``: which proxies, on which images, on which device.

    ``images`` is "bundled", "random", the folder of a published data set's files, or images of a user's own:
    ``folder:PATH`` (a folder for each class), ``npz:FILE``, ``idx:PATH``, ``hf:PATH``, all of these with the size that
    images are resized to (``folder@64:PATH``), or ``FILE.py:NAME``, a function. ``scores`` is "compute", "table" (the
    bundled table of the data set) or the path of a sweep's table. ``nasbench_epochs`` chooses the training length whose
    true accuracies stand in the tables (all lengths are recorded); without it, the longest that is known of the
    space.
    """

    metrics: list[str] = []
    data_loader: DataLoader = "val_dataloader"
    num_samples: Annotated[int, Field(ge=2, strict=True)] = 64
    images: Annotated[str, Field(min_length=1)] = "bundled"
    scores: Annotated[str, Field(min_length=1)] = "compute"
    device: Annotated[str, Field(pattern=r"^(auto|cpu|mps|cuda(:\d+)?)$")] = "auto"
    nasbench_epochs: Annotated[int, Field(ge=1, strict=True)] = 200

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


class SoftwareRunners(Table):
    """``[search.strategy.sw_runner]``."""

    zero_cost: ZeroCostRunner = ZeroCostRunner()


class AverageBitwidth(Table):
    """``[search.strategy.hw_runner.average_bitwidth]``: bits a weight, compared to ``compare_to``."""

    compare_to: Annotated[int, Field(ge=1)] = 32


class HardwareCost(Table):
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


class HardwareRunners(Table):
    """``[search.strategy.hw_runner]``."""

    average_bitwidth: AverageBitwidth | None = None
    hardware_cost: HardwareCost | None = None

    @property
    def costs(self) -> list[str]:
        """What ``hardware_cost`` lists."""
        return self.hardware_cost.metrics if self.hardware_cost else []


class SearchSetup(Table):
    """``[search.strategy.setup]``: sampler, budget, number of objectives, and constraints on hardware metrics.

    ``n_workers`` processes may share the search, on as many machines; each scores ``n_jobs`` architectures at once,
    one a core with "auto". The same seed gives the same trials for all numbers but 1, where each trial knows the
    results of all before it; the trials of several processes depend on who is faster.
    ``n_trials`` counts architectures that can be scored and keep the constraints: with ``distinct = "function"`` those
    that compute different functions, with ``"architecture"`` those that are written differently; ``"trial"`` counts
    every trial. ``timeout`` is in seconds. A constraint reads ``NAME <= NUMBER`` or ``NAME >= NUMBER``, in the
    metric's unit.

    Files of version 0.1 say ``distinct_cells``, true for ``"architecture"`` and false for ``"trial"``.
    """

    n_jobs: Jobs = "auto"
    n_workers: Annotated[int, Field(ge=1, le=1_000, strict=True)] = 1
    n_trials: Annotated[int, Field(ge=1, le=1_000_000, strict=True)] = 100
    timeout: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    sampler: SamplerName = "tpe"
    sum_scaled_metrics: bool = False
    direction: Direction | None = None
    seed: Annotated[int, Field(ge=0, lt=2**31, strict=True)] = 0
    distinct: Distinct = "function"
    constraints: list[ConstraintText] = []

    @model_validator(mode="before")
    @classmethod
    def _of_earlier_files(cls, value: Any) -> Any:
        """``distinct_cells`` of version 0.1 in today's words, so that a search means what it meant."""
        if not isinstance(value, dict) or "distinct_cells" not in value:
            return value
        tables = dict(value)
        given = tables.pop("distinct_cells")
        if "distinct" in tables:
            raise ValueError("distinct_cells: give distinct alone, which replaces it")
        if not isinstance(given, bool):
            raise ValueError(f"distinct_cells: should be true or false (got {given!r})")
        return {**tables, "distinct": "architecture" if given else "trial"}

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


class MetricGoal(Table):
    """``[search.strategy.metrics]``, one metric: its weight (0: recorded only) and its direction.

    Without a direction, hardware metrics are minimised, throughputs, proxies and ensembles maximised.
    ``"ensemble:NAME"`` is the prediction of the saved ensemble of that name.
    """

    scale: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    direction: Direction = "maximize"


class StrategySection(Table):
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
    def _costs_have_their_direction(self) -> Self:
        for name in self.hardware_metrics:
            goal = self.metrics.get(name)
            if goal is not None and "direction" not in goal.model_fields_set:
                self.metrics[name] = MetricGoal(scale=goal.scale, direction=hardware.get(name).better)
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


class RunnerName(Table):
    """``[search.sw_runner]``."""

    name: Literal["zero_cost"] = "zero_cost"


def _check_proxy(name: str, info: ValidationInfo) -> None:
    if info.context is NAMES_ALONE:
        return
    # The proxies load PyTorch.
    from backend import proxies  # noqa: PLC0415

    proxies.get(name)
