"""A user's own search spaces: Python files named in the environment.

The variable reaches every process that a dashboard or a command starts. A search file cannot name such a file: whoever
opens one would run its code.
"""

from __future__ import annotations

import inspect
import os
from functools import cache
from pathlib import Path

from backend.errors import UserError
from backend.settings import SPACES_VARIABLE
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.user_code import run_file


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
        module = run_file(file, "space")
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
