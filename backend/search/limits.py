"""Which candidates a search may keep, how many count, and the objectives of all of them where they are known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context

import numpy as np
import pandas as pd

from backend import costs as hardware
from backend.analysis.regret import BENCHMARK_SIZE
from backend.config.model import SearchConfig
from backend.config.objectives import Objectives
from backend.costs.constraints import Constraint
from backend.costs.metrics import Costs
from backend.errors import UserError
from backend.search.measure import configured_table
from backend.search.space import Candidate, SearchSpace
from backend.spaces.nas_bench_201.cell import enumerate_cells

_CONSTRAINTS_KEY = "search.strategy.setup.constraints"
_COSTS_KEY = "search.strategy.hw_runner.hardware_cost.metrics"


class Limits:
    """The constraints of a search on what its candidates cost.

    Beside those of the configuration, a measured metric that is optimised has to be measured: where a device does not
    run a cell, the cell is infeasible, not fast.
    """

    def __init__(self, config: SearchConfig) -> None:
        bounded = [constraint.metric for constraint in config.constraints]
        optimised = [objective.metric for objective in Objectives(config).metrics]
        needed = [name for name in optimised if name not in bounded and _has_gaps(name, config)]
        self.constraints = [*config.constraints, *(Constraint(name, math.inf) for name in needed)]
        self._costs = Costs(config.dataset, dict.fromkeys([*config.hardware_metrics, *bounded]))

    def costs(self, candidate: Candidate) -> dict[str, float]:
        """Each hardware metric that is recorded or bounded; NaN where it was not measured."""
        return self._costs.of(candidate.cell, candidate.channels, candidate.cells_per_stage)

    def broken(self, costs: Mapping[str, float]) -> list[Constraint]:
        """The constraints that a candidate of these costs breaks."""
        return [item for item in self.constraints if item.violation(costs[item.metric]) > 0]

    def keeps(self, candidate: Candidate) -> bool:
        """Whether a candidate keeps all constraints."""
        return not self.broken(self.costs(candidate))


def feasible_space(config: SearchConfig) -> SearchSpace:
    """The search space of a configuration, whose candidates keep its limits."""
    limits = Limits(config)
    return SearchSpace(config.cells, limits.keeps if limits.constraints else None)


def trials_asked(config: SearchConfig) -> int:
    """How many trials count as the whole search: no more than the space has cells to keep, when distinct ones count."""
    if not config.setup.distinct_cells:
        return config.setup.n_trials
    return min(config.setup.n_trials, len(feasible_space(config)))


def allowed_cells(config: SearchConfig) -> list[int]:
    """Official indices of the connected cells that a search may score as the networks which the benchmark trained."""
    allowed = feasible_space(config).candidates()
    return [item.cell.index for item in allowed if (item.channels, item.cells_per_stage) == BENCHMARK_SIZE]


def unreachable(config: SearchConfig) -> list[tuple[str, str]]:
    """``(field, message)`` of each constraint that no connected cell of the space can keep, alone or with the others.

    Empty for a space with no connected cell, which has other troubles.
    """
    limits = Limits(config)
    if not limits.constraints:
        return []
    costs = pd.DataFrame([limits.costs(candidate) for candidate in SearchSpace(config.cells).candidates()])
    if costs.empty:
        return []
    keeping = {item: item.keeping(costs[item.metric]) for item in limits.constraints}
    if alone := [(_field(config, item), _said(costs, item)) for item, kept in keeping.items() if not kept.any()]:
        return alone
    kept = pd.Series(True, index=costs.index)
    for position, item in enumerate(limits.constraints):
        if not (kept & keeping[item]).any():
            others = ", ".join(other.shown for other in limits.constraints[:position])
            said = f"{item.shown}: no cell of the search space keeps it together with {others}; "
            return [(_field(config, item), f"{said}of the cells that do, {_nearest(costs[kept], item)}")]
        kept &= keeping[item]
    return []


def _has_gaps(name: str, config: SearchConfig) -> bool:
    """Whether a metric is measured on a device, and not for every cell."""
    if name not in config.hardware_metrics or not hardware.get(name).measured:
        return False
    return bool(np.isnan(hardware.measured(name, config.dataset)).any())


def _field(config: SearchConfig, constraint: Constraint) -> str:
    try:
        return f"{_CONSTRAINTS_KEY}[{config.constraints.index(constraint)}]"
    except ValueError:
        return _COSTS_KEY


def _said(costs: pd.DataFrame, constraint: Constraint) -> str:
    """Words for a constraint that no cell keeps."""
    if costs[constraint.metric].isna().all():
        return f"{constraint.metric}: measured on no cell of the search space; take it out, or allow other operations"
    return f"{constraint.shown}: no cell of the search space keeps it; {_nearest(costs, constraint)}"


def _nearest(costs: pd.DataFrame, constraint: Constraint) -> str:
    """Words for the value that comes nearest to keeping a constraint."""
    metric, values = hardware.get(constraint.metric), costs[constraint.metric]
    upper = constraint.sense == "<="
    nearest = float(values.min() if upper else values.max())
    if math.isnan(nearest):
        return f"{metric.name} was measured on none"
    # Rounded to the safe side, so that the number shown is one that a cell keeps.
    if not nearest.is_integer():
        rounding = ROUND_CEILING if upper else ROUND_FLOOR
        nearest = float(Context(prec=5, rounding=rounding).create_decimal(nearest))
    return f"the {'smallest' if upper else 'largest'} {metric.name} there is {metric.shown(nearest)}"


SUM_COLUMN = "objective"


def space_objectives(config: SearchConfig) -> pd.DataFrame:
    """The values that the search optimises, of all cells that it allows.

    Args:
        config: of the search.

    Returns:
        By official index; columns as in the study's table of trials: the raw metrics, or "objective" for their sum.

    Raises:
        UserError: they are not known for all cells; the message says why.
    """
    indices = allowed_cells(config)
    if not indices:
        raise UserError("no cell of its space is one of the benchmark's networks (C = 16, N = 5)")
    objectives = Objectives(config)
    names = [objective.metric for objective in objectives.metrics]
    scored = [name for name in names if name not in hardware.available()]
    table = configured_table(config) if scored else None
    if unknown := [name for name in scored if table is None or name not in table.scores]:
        raise UserError(f"{', '.join(unknown)} {'is' if len(unknown) == 1 else 'are'} known for the scored cells alone")
    cells, costs = list(enumerate_cells()), Costs(config.dataset, [name for name in names if name not in scored])
    values = pd.DataFrame([costs.of(cells[index]) for index in indices], index=pd.Index(indices, name="index"))
    if table is not None:
        values[scored] = table.scores.loc[indices, scored]
    if objectives.names == names:
        return values[names]
    sums = [objectives.values({str(name): value for name, value in row.items()})[0] for _, row in values.iterrows()]
    return pd.DataFrame({SUM_COLUMN: sums}, index=values.index)
