"""Scores: any set of proxies of a cell or network, in as few passes as possible."""

from backend.scoring.checks import DisconnectedCellError
from backend.scoring.runtime import DEVICES, resolve_device
from backend.scoring.scorer import Scorer, score_cell, score_network

__all__ = ["DEVICES", "DisconnectedCellError", "Scorer", "resolve_device", "score_cell", "score_network"]
