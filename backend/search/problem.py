"""A search as one object, built once from its configuration: space, objectives, constraints and budget."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from functools import cached_property

import pandas as pd
from optuna.trial import FrozenTrial, TrialState

from backend import costs as hardware
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.costs.constraints import Constraint
from backend.costs.metrics import Costs
from backend.datasets.info import is_own
from backend.errors import UserError
from backend.naming import local_path
from backend.scoring.tables import ScoreTable, bundled_table, read_table
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace
from backend.spaces.capabilities import Enumerable, capability, known_costs, require
from backend.studies.trials import REASON, architecture_key

SUM_COLUMN = "objective"
_NOT_SCORED = "not scored: "
_CONSTRAINTS_KEY = "search.strategy.setup.constraints"
_COSTS_KEY = "search.strategy.hw_runner.hardware_cost.metrics"


class SearchProblem:
    """What is searched, and how a candidate is judged.

    Beside the constraints of the configuration, a measured metric that is optimised has to be measured: where a device
    does not run an architecture, it is infeasible, not fast.

    Args:
        config: of the search.
        reads_images: whether sizes may be counted on a user's own images, which are read for that. A page that shows
            a study does not: the study may be another's, and name any path.

    Attributes:
        config: of the search.
        space: the search space, restricted to what the configuration allows.
        objectives: from metrics to the values that Optuna optimises.
        constraints: that a candidate has to keep.

    Raises:
        UserError: a cost is not known of the space's architectures.
    """

    def __init__(self, config: SearchConfig, *, reads_images: bool = True) -> None:
        self.config, self._images = config, config.runner.images if reads_images else None
        self.space: SearchSpace = config.space
        self.objectives = Objectives(config)
        bounded = [constraint.metric for constraint in config.constraints]
        optimised = [objective.metric for objective in self.objectives.metrics]
        needed = [name for name in optimised if name not in bounded and self._has_gaps(name)]
        self.constraints = [*config.constraints, *(Constraint(name, math.inf) for name in needed)]
        self._costs = self._costs_of(dict.fromkeys([*config.hardware_metrics, *bounded]))

    @property
    def counts_distinct(self) -> bool:
        """Whether the budget counts distinct architectures, not trials."""
        return self.config.setup.distinct != "trial"

    def identity(self, architecture: Architecture, *, scored: bool = True) -> str:
        """Equal for the architectures that the budget counts as one.

        Args:
            architecture: any of the space.
            scored: whether it is scored. One that is not stands for itself alone: of two that compute the same
                function, one may keep the constraints and the other not.
        """
        if not scored:
            return f"{_NOT_SCORED}{architecture.key}"
        return architecture.class_key if self.config.setup.distinct == "function" else architecture.key

    def architecture_of(self, trial: FrozenTrial) -> Architecture | None:
        """The architecture of an ended trial; None for one that ended before it was sampled whole, or was given up."""
        key = architecture_key(trial.user_attrs, trial.params)
        gave_up = trial.state == TrialState.FAIL and REASON not in trial.user_attrs
        return None if key is None or gave_up else self.space.parse(key)

    def costs(self, architecture: Architecture) -> dict[str, float]:
        """Each hardware metric that is recorded or bounded; NaN where it was not measured."""
        return self._costs.of(architecture)

    def broken(self, costs: Mapping[str, float]) -> list[Constraint]:
        """The constraints that a candidate of these costs breaks."""
        return [item for item in self.constraints if item.violation(costs[item.metric]) > 0]

    def keeps(self, architecture: Architecture) -> bool:
        """Whether a candidate keeps all constraints."""
        return not self.constraints or not self.broken(self.costs(architecture))

    @cached_property
    def feasible(self) -> Sequence[Architecture]:
        """Every architecture that can be scored and keeps the constraints; none where the space cannot list them."""
        kept = pd.Series(True, index=self._bounded_costs.index)
        for item in self.constraints:
            kept &= item.keeping(self._bounded_costs[item.metric])
        return [architecture for architecture, keeps in zip(self.members, kept, strict=True) if keeps]

    @cached_property
    def members(self) -> Sequence[Architecture]:
        """Every architecture that can be scored; none where the space cannot list them."""
        space = capability(self.space, Enumerable)
        return list(space.members()) if space and self._is_listed else ()

    @property
    def _is_listed(self) -> bool:
        """Whether it can be listed which architectures keep the constraints: sizes may have to be counted on images."""
        unread = self._images is None and not known_costs(self.space, self.config.dataset)
        unread = unread and is_own(self.config.runner.images)
        return capability(self.space, Enumerable) is not None and not (unread and self.constraints)

    @cached_property
    def _bounded_costs(self) -> pd.DataFrame:
        """The metrics that constraints bound, a row for each of the members."""
        names = dict.fromkeys(item.metric for item in self.constraints)
        costs = self._costs_of(names)
        rows = map(costs.of, self.members) if names else ()
        return pd.DataFrame(rows, index=range(len(self.members)), columns=list(names), dtype=float)

    @cached_property
    def asked(self) -> int:
        """How many trials count as the whole search: no more than there are, where distinct architectures count."""
        asked = self.config.setup.n_trials
        if not self.counts_distinct or not self._is_listed:
            return asked
        seen: set[str] = set()
        for architecture in self.feasible:
            seen.add(self.identity(architecture))
            if len(seen) >= asked:
                return asked
        return len(seen)

    def allowed(self) -> list[int]:
        """Indices of the architectures that the search may score; none where the space has no indices."""
        labels = (self.space.label(architecture) for architecture in self.feasible)
        return [label for label in labels if isinstance(label, int)]

    def unreachable(self) -> list[tuple[str, str]]:
        """``(field, message)`` of each constraint that nothing in the space can keep, alone or with the others.

        Empty for a space that holds nothing, which has other troubles, and for one that cannot be listed.
        """
        costs = self._bounded_costs
        if costs.empty:
            return []
        keeping = {item: item.keeping(costs[item.metric]) for item in self.constraints}
        alone = [(self._field(item), self._said(costs, item)) for item, kept in keeping.items() if not kept.any()]
        if alone:
            return alone
        kept = pd.Series(True, index=costs.index)
        for position, item in enumerate(self.constraints):
            if not (kept & keeping[item]).any():
                others = ", ".join(other.shown for other in self.constraints[:position])
                said = f"{item.shown}: no {self.space.words.one} of the search space keeps it together with {others}; "
                return [
                    (self._field(item), f"{said}of the {self.space.words.many} that do, {_nearest(costs[kept], item)}")
                ]
            kept &= keeping[item]
        return []

    def objective_values(self) -> pd.DataFrame:
        """The values that the search optimises, of all architectures that it allows.

        Returns:
            By index; columns as in the study's table of trials: the raw metrics, or "objective" for their sum.

        Raises:
            UserError: they are not known for all of them; the message says why.
        """
        require(self.space, Enumerable, "objectives of the whole space")
        indices = self.allowed()
        if not indices:
            raise UserError(f"no {self.space.words.one} of its space is one of {self.space.title}'s networks")
        names = [objective.metric for objective in self.objectives.metrics]
        scored = [name for name in names if name not in hardware.available()]
        table = configured_table(self.config) if scored else None
        if unknown := [name for name in scored if table is None or name not in table.scores]:
            verb = "is" if len(unknown) == 1 else "are"
            raise UserError(f"{', '.join(unknown)} {verb} known for the scored {self.space.words.many} alone")
        costs = self._costs_of([name for name in names if name not in scored])
        rows = [costs.of(self.space.at(index)) for index in indices]
        values = pd.DataFrame(rows, index=pd.Index(indices, name="index"))
        if table is not None:
            values[scored] = table.scores.loc[indices, scored]
        if self.objectives.names == names:
            return values[names]
        rows = [{str(name): value for name, value in row.items()} for _, row in values.iterrows()]
        return pd.DataFrame({SUM_COLUMN: [self.objectives.values(row)[0] for row in rows]}, index=values.index)

    def _costs_of(self, names: Iterable[str]) -> Costs:
        return Costs(self.space, self.config.dataset, names, self._images, self.config.split)

    def _has_gaps(self, name: str) -> bool:
        """Whether a metric is measured on a device, and not for everything."""
        measured = name in self.config.hardware_metrics and hardware.get(name).measured
        return measured and hardware.has_gaps(self.space, self.config.dataset, name)

    def _field(self, constraint: Constraint) -> str:
        try:
            return f"{_CONSTRAINTS_KEY}[{self.config.constraints.index(constraint)}]"
        except ValueError:
            return _COSTS_KEY

    def _said(self, costs: pd.DataFrame, constraint: Constraint) -> str:
        """Words for a constraint that nothing keeps."""
        one = self.space.words.one
        if costs[constraint.metric].isna().all():
            return f"{constraint.metric}: measured on no {one} of the search space; take it out, or allow other choices"
        return f"{constraint.shown}: no {one} of the search space keeps it; {_nearest(costs, constraint)}"


def configured_table(config: SearchConfig) -> ScoreTable | None:
    """The score table that a configuration names, or None for one that computes its scores.

    Raises:
        UserError: there is no such table; it is of another space, data set or network size, or of a sample; or it lacks
            a proxy.
    """
    name = config.runner.scores
    if name == "compute":
        return None
    space = config.space
    table = bundled_table(config.dataset, space.name) if name == "table" else read_table(local_path(name))
    if table.provenance.space != space.name:
        raise UserError(f"the score table is of {registry.get(table.provenance.space).title}, not of {space.title}")
    if table.provenance.dataset != config.dataset:
        raise UserError(f"the score table is of {table.provenance.dataset}, not of {config.dataset}")
    config.search_space.check_tabled()
    if lacking := [proxy for proxy in config.proxy_names if proxy not in table.scores]:
        raise UserError(f"the score table has no {', '.join(lacking)}; it has {', '.join(map(str, table.scores))}")
    if not table.is_whole:
        all_of = space.words.count(len(table.scores))
        raise UserError(
            f"the score table has scores of {table.scored:,} of {all_of}; a search needs those of all: score networks, "
            "or sweep the whole space"
        )
    return table


def _nearest(costs: pd.DataFrame, constraint: Constraint) -> str:
    """Words for the value that comes nearest to keeping a constraint."""
    metric, values = hardware.get(constraint.metric), costs[constraint.metric]
    upper = constraint.sense == "<="
    nearest = float(values.min() if upper else values.max())
    if math.isnan(nearest):
        return f"{metric.name} was measured on none"
    # Rounded to the safe side, so that the number shown is one that can be kept.
    if not nearest.is_integer():
        rounding = ROUND_CEILING if upper else ROUND_FLOOR
        nearest = float(Context(prec=5, rounding=rounding).create_decimal(nearest))
    return f"the {'smallest' if upper else 'largest'} {metric.name} there is {metric.shown(nearest)}"
