"""Scoring engines: the generic one, which observes any module, and faster ones of single spaces."""

from backend.scoring.engine import Engine
from backend.scoring.engines.autograd import AutogradEngine
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import FastEngine, capability

_GENERIC = AutogradEngine()


def engine_of(space: SearchSpace) -> Engine:
    """The space's own engine where it has one, else the generic one."""
    own = capability(space, FastEngine)
    return _GENERIC if own is None else own  # type: ignore[return-value]
