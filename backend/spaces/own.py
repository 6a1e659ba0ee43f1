"""A user's own search spaces: Python files named on the command line or in the environment.

The variable reaches every process that a dashboard or a command starts. A search file cannot name such a file: whoever
opens one would run its code.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast

from backend.errors import UserError
from backend.settings import SPACES_VARIABLE
from backend.spaces import registry
from backend.spaces.base import Architecture, SearchSpace, Words
from backend.spaces.parameters import ParameterArchitecture
from backend.user_code import in_a_line, run_file

if TYPE_CHECKING:
    import optuna
    from torch import nn

    from backend.spaces.task import Task

OPTION = "--space-module"


def load_user_spaces(paths: Sequence[Path] = ()) -> None:
    """Register the spaces of the files that ``$PROXYSCOPE_SPACES`` lists and of those given; each runs once a process.

    Those given are added to the variable, for the processes that this one starts.

    Raises:
        UserError: a file is missing, does not load, or has no space; or its path cannot stand in the variable.
    """
    named = [part for part in os.environ.get(SPACES_VARIABLE, "").split(os.pathsep) if part]
    for path in paths:
        if os.pathsep in str(path.resolve()):
            raise UserError(f"{OPTION}: {path}: no process can be told of a path with {os.pathsep!r} in it")
    files = list(dict.fromkeys([*named, *(str(path.resolve()) for path in paths)]))
    for file in files:
        origin = (
            f"search space {file} (named by {f'{SPACES_VARIABLE} of the environment' if file in named else OPTION})"
        )
        try:
            for space in _spaces_of(file):
                if registry.find(space.name) is not space:
                    registry.register(space)
        except Exception as error:
            origin = f"{SPACES_VARIABLE} of the environment" if file in named else OPTION
            raise UserError(f"search space {file} (named by {origin}): {in_a_line(error)}") from error
    if files:
        os.environ[SPACES_VARIABLE] = os.pathsep.join(files)


@cache
def _spaces_of(path: str) -> Sequence[SearchSpace]:
    """The spaces of a file: its classes, and the one that its functions ``suggest`` and ``build`` are.

    Raises:
        UserError: there is no such file, or no space in it.
    """
    file = Path(path).resolve()
    if file.suffix != ".py" or not file.is_file():
        raise UserError("expected an existing Python file (.py)")
    module = run_file(file, "space")
    found: list[SearchSpace] = [kind() for kind in vars(module).values() if _is_space(kind, module.__name__)]
    functions = [vars(module).get(name) for name in ("suggest", "build")]
    if all(map(callable, functions)):
        found.append(_of_functions(module, file.stem))
    elif any(map(callable, functions)):
        raise UserError(f"has no function {'build(params)' if callable(functions[0]) else 'suggest(trial)'}")
    if not found:
        raise UserError("has no subclass of backend.spaces.base.SearchSpace, and no functions suggest and build")
    return found


def _is_space(value: object, module: str) -> bool:
    is_own = inspect.isclass(value) and issubclass(value, SearchSpace) and not inspect.isabstract(value)
    return is_own and getattr(value, "__module__", "") == module


class FunctionSpace(SearchSpace):
    """A space of two functions, ``suggest(trial)`` and ``build(params)`` or ``build(params, task)``.

    An architecture is what ``suggest`` returns, a mapping of names to values; where it returns nothing, the parameters
    that it drew. Two more functions are capabilities, for proxies that need them (``backend.spaces.capabilities``):
    ``blocks(network)`` gives :class:`~backend.spaces.capabilities.Blocks`, and ``thin(params)``
    :class:`~backend.spaces.capabilities.Thin`.
    """

    name = "functions"
    title = "A space of two functions"
    draw: Callable[[optuna.Trial], Mapping[str, Any] | None]
    make: Callable[..., nn.Module]

    def suggest(self, trial: optuna.Trial) -> Architecture:
        """Draw an architecture through a trial."""
        drawn = self.draw(trial)
        params = trial.params if drawn is None else drawn
        if not isinstance(params, Mapping):
            raise UserError(f"search space {self.name!r}: suggest returns a {type(params).__name__}; valid: a dict")
        for name, value in params.items():
            if not isinstance(name, str) or not isinstance(value, int | float | str | bool | None):
                said = f"suggest returns {name!r}: {value!r:.80}; valid: numbers, texts, booleans and None by name"
                raise UserError(f"search space {self.name!r}: {said}")
        return ParameterArchitecture.of(params)

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The architecture's network."""
        takes_task = len(inspect.signature(self.make).parameters) > 1
        return self.make(dict(architecture.params), *([task] if takes_task else []))


def _of_functions(module: ModuleType, stem: str) -> SearchSpace:
    """The space of a file's functions, called like the file unless it says otherwise: NAME, TITLE and WORDS."""
    functions = vars(module)
    name = functions.get("NAME", stem)
    words = functions.get("WORDS", Words())
    attributes = {
        "name": name,
        "title": functions.get("TITLE", str(name).replace("_", " ")),
        "words": words if isinstance(words, Words) else Words(*words),
        "draw": staticmethod(functions["suggest"]),
        "make": staticmethod(functions["build"]),
    }
    if callable(functions.get("blocks")):
        attributes["blocks"] = staticmethod(functions["blocks"])
    if callable(make_thin := functions.get("thin")):
        attributes["thin"] = lambda _, architecture: make_thin(dict(architecture.params))
    kind = cast("type[SearchSpace]", type("FunctionSpace", (FunctionSpace,), attributes))
    return kind()
