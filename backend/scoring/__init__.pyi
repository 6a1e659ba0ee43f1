from .checks import InvalidArchitectureError
from .engines.nas_bench_201.engine import score_cell, score_network
from .runtime import DEVICES, resolve_device
from .scorer import Scorer

__all__ = ["DEVICES", "InvalidArchitectureError", "Scorer", "resolve_device", "score_cell", "score_network"]
