"""From an architecture's scores to the values that Optuna optimises, and the sampler that their number asks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.config.model import SearchConfig
from backend.config.sections import SamplerName
from backend.spaces.truth_tasks import Direction

SUM_NAME = "sum_scaled_metrics"
_MOST_BY_HYPERVOLUME = 3


@dataclass(frozen=True)
class Objective:
    """A quantity to optimise: a metric times its scale."""

    metric: str
    scale: float
    direction: Direction


class Objectives:
    """The objectives of a search: one a metric with a scale above 0, or their sum.

    In a sum (``sum_scaled_metrics``), metrics whose own direction differs from the sum's are subtracted.
    """

    def __init__(self, config: SearchConfig) -> None:
        goals = config.strategy.metrics
        self.metrics = [Objective(name, goal.scale, goal.direction) for name, goal in goals.items() if goal.scale]
        self._sum_direction = config.setup.direction if config.setup.sum_scaled_metrics else None

    @property
    def names(self) -> list[str]:
        """Names of Optuna's objective values, in their order."""
        return [SUM_NAME] if self._sum_direction else [objective.metric for objective in self.metrics]

    @property
    def directions(self) -> list[Direction]:
        """Directions of Optuna's objective values, in their order."""
        return [self._sum_direction] if self._sum_direction else [objective.direction for objective in self.metrics]

    def scaled(self, measured: Mapping[str, float]) -> dict[str, float]:
        """Each objective metric times its scale (the mission's ``scaled_metrics``)."""
        return {objective.metric: measured[objective.metric] * objective.scale for objective in self.metrics}

    def values(self, measured: Mapping[str, float]) -> list[float]:
        """Optuna's objective values of one architecture.

        Args:
            measured: raw software and hardware metrics by name.
        """
        scaled = self.scaled(measured)
        if not self._sum_direction:
            return list(scaled.values())
        signs = (1 if objective.direction == self._sum_direction else -1 for objective in self.metrics)
        return [sum(sign * value for sign, value in zip(signs, scaled.values(), strict=True))]


def sampler_used(config: SearchConfig) -> SamplerName:
    """The sampler's name; "rank_tpe" for "tpe" with many objectives, whose trials would cost seconds, then minutes."""
    name = config.setup.sampler
    return "rank_tpe" if name == "tpe" and len(Objectives(config).names) > _MOST_BY_HYPERVOLUME else name
