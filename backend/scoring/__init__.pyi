from .checks import InvalidArchitectureError
from .engines.nas_bench_201.engine import score_cell
from .networks import explain_network, score_network
from .runtime import DEVICES, resolve_device
from .scorer import Scorer

__all__ = [
    "DEVICES",
    "InvalidArchitectureError",
    "Scorer",
    "explain_network",
    "resolve_device",
    "score_cell",
    "score_network",
]
