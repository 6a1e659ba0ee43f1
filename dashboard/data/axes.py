"""What a study's charts can show: quantities, which way each is better, and its bounds."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from backend import costs as hardware
from backend.costs.constraints import Constraint, by_metric
from backend.search.results import target_of
from backend.spaces.truth_tasks import Direction
from backend.studies import StudySummary
from dashboard.data.quantities import objective_columns, plottable, quantity


@dataclass(frozen=True)
class Axes:
    """What a study's charts can show.

    Attributes:
        columns: quantities with numbers, the objectives first.
        objectives: those of them that are optimised.
        directions: which way is better, for the columns where the study says so.
        bounds: constraints on hardware metrics.
        truth: column of the true accuracy, or None where none is known.
    """

    columns: list[str]
    objectives: list[str]
    directions: dict[str, Direction]
    bounds: dict[str, list[Constraint]]
    truth: str | None

    @property
    def second(self) -> str:
        """The quantity to show beside the first: another objective, the true accuracy, or the next one."""
        if len(self.objectives) > 1:
            return self.objectives[1]
        return self.truth or self.columns[min(1, len(self.columns) - 1)]

    def direction(self, column: str) -> Direction:
        """Which way a column is better."""
        return self.directions.get(column, quantity(column).direction)

    def goals(self, columns: Sequence[str]) -> dict[str, Direction]:
        """Columns with the way that each is better."""
        return {column: self.direction(column) for column in columns}


def axes_of(summary: StudySummary, frame: pd.DataFrame) -> Axes:
    """The axes that a study's trials allow."""
    every = objective_columns(frame, summary.objectives)
    columns = plottable(frame, every)
    config = summary.config
    directions: dict[str, Direction] = {
        name: hardware.get(name).better for name in (config.hardware_metrics if config else ())
    }
    directions |= {name: goal.direction for name, goal in config.strategy.metrics.items()} if config else {}
    for column, direction in zip(every, summary.directions, strict=False):
        directions[column] = "minimize" if direction == "minimize" else "maximize"
    bounds = by_metric(config.constraints) if config else {}
    wanted = target_of(config) if config else "200:test-accuracy"
    objectives = [column for column in every if column in columns]
    return Axes(columns, objectives, directions, bounds, wanted if wanted in columns else None)
