"""What a study's charts can show, and the controls that choose among it; every choice stands in the page's link."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from backend.costs.constraints import Constraint, by_metric
from backend.studies import StudySummary
from dashboard.data.quantities import Direction, label, objective_columns, plottable, quantity
from dashboard.widgets.linked import LinkedChoice

NONE: Final = "none"


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

    def direction(self, column: str) -> Direction:
        """Which way a column is better."""
        return self.directions.get(column, quantity(column).direction)

    def goals(self, columns: Sequence[str]) -> dict[str, Direction]:
        """Columns with the way that each is better."""
        return {column: self.direction(column) for column in columns}

    def choice(self, parameter: str, default: str | None = None, *, optional: str = "") -> LinkedChoice:
        """A choice of one quantity.

        Args:
            parameter: its name in the link.
            default: the column that is chosen at first; None: the first, or none where that is possible.
            optional: what "no quantity" is called, where it can be chosen.
        """
        names = {NONE: optional} if optional else {}
        columns = [default, *self.columns] if default else self.columns
        ordered = columns if default else [*names, *columns]
        return LinkedChoice(
            parameter, {column: names.get(column) or label(column) for column in dict.fromkeys([*ordered, *names])}
        )


def axes_of(summary: StudySummary, frame: pd.DataFrame) -> Axes:
    """The axes that a study's trials allow."""
    every = objective_columns(frame, summary.objectives)
    columns = plottable(frame, every)
    config = summary.config
    directions: dict[str, Direction] = dict.fromkeys(config.hardware_metrics if config else (), "minimize")
    directions |= {name: goal.direction for name, goal in config.strategy.metrics.items()} if config else {}
    for column, direction in zip(every, summary.directions, strict=False):
        directions[column] = "minimize" if direction == "minimize" else "maximize"
    bounds = by_metric(config.constraints) if config else {}
    wanted = f"{config.runner.nasbench_epochs if config else 200}:test-accuracy"
    objectives = [column for column in every if column in columns]
    return Axes(columns, objectives, directions, bounds, wanted if wanted in columns else None)
