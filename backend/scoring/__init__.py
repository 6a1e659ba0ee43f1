"""Scores: any set of proxies of an architecture or network, in as few passes as possible."""

from backend.scoring.checks import InvalidArchitectureError
from backend.scoring.engines.nas_bench_201.engine import score_cell, score_network
from backend.scoring.runtime import DEVICES, resolve_device
from backend.scoring.scorer import Scorer

__all__ = ["DEVICES", "InvalidArchitectureError", "Scorer", "resolve_device", "score_cell", "score_network"]
