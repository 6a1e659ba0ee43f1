"""A user's own search spaces: Python files named in the environment.

The variable reaches every process that a dashboard or a command starts. A search file cannot name such a file: whoever
opens one would run its code.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from backend.errors import UserError
from backend.settings import SPACES_VARIABLE
from backend.spaces import registry
from backend.spaces.base import SearchSpace


def load_user_spaces() -> None:
    """Register the spaces of the files that ``$PROXYSCOPE_SPACES`` lists; each file runs once in a process.

    Raises:
        UserError: a file is missing, does not load, or has no space.
    """
    for part in os.environ.get(SPACES_VARIABLE, "").split(os.pathsep):
        if part:
            _load(part)


@cache
def _load(path: str) -> None:
    origin = f"search space {path} (named by {SPACES_VARIABLE} of the environment)"
    file = Path(path).resolve()
    if file.suffix != ".py" or not file.is_file():
        raise UserError(f"{origin}: expected an existing Python file (.py)")
    try:
        module = _run(file)
        kinds = [value for value in vars(module).values() if _is_space(value, module.__name__)]
        if not kinds:
            raise UserError(f"{origin}: has no subclass of backend.spaces.base.SearchSpace")
        for kind in kinds:
            registry.register(kind())
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{origin}: {type(error).__name__}: {' '.join(str(error).split())}") from error


def _is_space(value: object, module: str) -> bool:
    is_own = inspect.isclass(value) and issubclass(value, SearchSpace) and not inspect.isabstract(value)
    return is_own and getattr(value, "__module__", "") == module


def _run(file: Path) -> ModuleType:
    """Run the file as a module of a name of its own, so that classes in it can be found again."""
    name = f"proxyscope_space_{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
