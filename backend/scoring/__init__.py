"""Scores: any set of proxies of an architecture or network, in as few passes as possible.

What computes scores loads PyTorch, which the readers of score tables need not: each name is imported when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.scoring.checks import InvalidArchitectureError
    from backend.scoring.engines.nas_bench_201.engine import score_cell, score_network
    from backend.scoring.runtime import DEVICES, resolve_device
    from backend.scoring.scorer import Scorer

__all__ = ["DEVICES", "InvalidArchitectureError", "Scorer", "resolve_device", "score_cell", "score_network"]

_MODULES = {
    "DEVICES": "runtime",
    "InvalidArchitectureError": "checks",
    "Scorer": "scorer",
    "resolve_device": "runtime",
    "score_cell": "engines.nas_bench_201.engine",
    "score_network": "engines.nas_bench_201.engine",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
