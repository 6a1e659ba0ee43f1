"""Hardware metrics: what a cell's network costs on a device, and constraints on it."""

from backend.hardware.constraints import SENSES, Constraint, Sense, by_metric
from backend.hardware.costs import MEASURED_SIZE, Costs
from backend.hardware.metrics import AVERAGE_BITWIDTH, COSTS, HardwareMetric, available, get, measured

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
