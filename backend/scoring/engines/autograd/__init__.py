"""The generic scoring engine, which observes any module by autograd and the calls of its forward."""

from backend.scoring.engines.autograd.engine import AutogradEngine
from backend.scoring.engines.autograd.subject import ModuleSubject

__all__ = ["AutogradEngine", "ModuleSubject"]
