"""Hardware metrics: what a network costs on a device, and constraints on it."""

from backend.costs.constraints import SENSES, Constraint, Sense, by_metric
from backend.costs.metrics import (
    AVERAGE_BITWIDTH,
    COSTS,
    Costs,
    HardwareMetric,
    available,
    get,
    has_gaps,
)

__all__ = [
    "AVERAGE_BITWIDTH",
    "COSTS",
    "SENSES",
    "Constraint",
    "Costs",
    "HardwareMetric",
    "Sense",
    "available",
    "by_metric",
    "get",
    "has_gaps",
]
