"""Hardware metrics: what a cell's network costs on a device, and constraints on it."""

from backend.costs.constraints import SENSES, Constraint, Sense, by_metric
from backend.costs.metrics import (
    AVERAGE_BITWIDTH,
    COSTS,
    MEASURED_SIZE,
    Costs,
    HardwareMetric,
    available,
    get,
    measured,
)

__all__ = [
    "AVERAGE_BITWIDTH",
    "COSTS",
    "MEASURED_SIZE",
    "SENSES",
    "Constraint",
    "Costs",
    "HardwareMetric",
    "Sense",
    "available",
    "by_metric",
    "get",
    "measured",
]
