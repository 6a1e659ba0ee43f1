"""A user's own batches: functions of Python files that are named on the command line or in the environment.

A search file may name such a function, but only of a file that this installation was told to run: whoever opens the
search file of another would run their code otherwise.
"""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch

from backend.errors import UserError
from backend.settings import DATA_VARIABLE, SPACES_VARIABLE
from backend.user_code import in_a_line, load_named

OPTION: Final = "--data-module"


def allow_data_files(paths: Sequence[Path]) -> None:
    """Let search files name functions of Python files, here and in the processes that this one starts.

    Raises:
        UserError: there is no such file, or its path cannot stand in the variable.
    """
    named = [part for part in os.environ.get(DATA_VARIABLE, "").split(os.pathsep) if part]
    for path in paths:
        if path.suffix != ".py" or not path.is_file():
            raise UserError(f"{OPTION}: {path}: expected an existing Python file (.py)")
        if os.pathsep in str(path.resolve()):
            raise UserError(f"{OPTION}: {path}: no process can be told of a path with {os.pathsep!r} in it")
    files = list(dict.fromkeys([*named, *(str(path.resolve()) for path in paths)]))
    if files:
        os.environ[DATA_VARIABLE] = os.pathsep.join(files)


@dataclass(frozen=True, eq=False)
class OwnBatch:
    """What a user's function gives.

    Attributes:
        batch: a tensor, or a tuple, list or dict of tensors.
        labels: of the examples; None where there are none.
        num_outputs: as a task of the function's says; 0 where it does not.
        loss: as above; None where it does not.
        outputs: as above.
        digest: of the file.
        file: of the function.
    """

    batch: Any
    labels: Any
    num_outputs: int
    loss: Callable[..., Any] | None
    outputs: Callable[..., Any] | None
    digest: str
    file: Path


def own_batch(named: str, seed: int, count: int) -> OwnBatch:
    """Call a user's function, with PyTorch's and NumPy's random numbers of a seed.

    Args:
        named: ``FILE.py:NAME``; the file is one of those named on the command line or in the environment, by its path
            or its name alone. The function takes no arguments, or ``count`` and ``seed``.
        seed: of the draw.
        count: examples that are asked for.

    Raises:
        UserError: the file is none of those; there is no such function, or it fails or gives no batch.
    """
    file, content, function = _function(named)
    name = named.rpartition(":")[2]
    try:
        given = _called(function, seed, count) if callable(function) else function
    except Exception as error:
        raise UserError(f"image source {named}: fails: {in_a_line(error)}") from error
    return _parts(given, named, hashlib.sha256(content + name.encode()).hexdigest(), file)


def gives_any_count(named: str) -> bool:
    """Whether a user's function is told how many examples it is to give.

    Raises:
        UserError: as `own_batch`.
    """
    function = _function(named)[2]
    return callable(function) and "count" in inspect.signature(function).parameters


def _function(named: str) -> tuple[Path, bytes, Any]:
    """The file, its content, and what it calls by the name."""
    path, _, name = named.rpartition(":")
    file = _allowed(path, named)
    content = file.read_bytes()
    return file, content, _loaded(file, name, hashlib.sha256(content).hexdigest())


def _allowed(path: str, named: str) -> Path:
    variables = (DATA_VARIABLE, SPACES_VARIABLE)
    known = [Path(part) for name in variables for part in os.environ.get(name, "").split(os.pathsep) if part]
    wanted = Path(path)
    matching = [
        file for file in known if file.resolve() == wanted.resolve() or (len(wanted.parts) == 1 and file.name == path)
    ]
    if not matching:
        raise UserError(
            f"image source {named}: {wanted.name} is none of the Python files that may run here; name it with {OPTION} "
            f"(or with {DATA_VARIABLE} in the environment)"
        )
    if len({file.resolve() for file in matching}) > 1:
        raise UserError(f"image source {named}: several files of that name may run here; give its path")
    if not matching[0].is_file():
        raise UserError(f"image source {named}: there is no file {matching[0]}")
    return matching[0].resolve()


@lru_cache(maxsize=8)
def _loaded(file: Path, name: str, _digest: str) -> Any:
    return load_named(f"{file}:{name}", "data")


def _called(function: Callable[..., Any], seed: int, count: int) -> Any:
    import numpy as np  # noqa: PLC0415

    offered = {"seed": seed, "count": count}
    parameters = inspect.signature(function).parameters.values()
    takes = {name: value for name, value in offered.items() if name in {parameter.name for parameter in parameters}}
    # What a user's function may draw from, such as scikit-learn's, is the global state.
    state = np.random.get_state()  # noqa: NPY002
    try:
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002
            return function(**takes)
    finally:
        np.random.set_state(state)  # noqa: NPY002


def _parts(given: Any, named: str, digest: str, file: Path) -> OwnBatch:
    """Of a batch and its labels, of a batch alone, or of what has the attributes of a `backend.spaces.task.Task`."""
    if hasattr(given, "batch") and hasattr(given, "num_outputs"):
        return OwnBatch(given.batch, given.labels, given.num_outputs, given.loss, given.outputs, digest, file)
    if isinstance(given, tuple) and len(given) == 2:
        return OwnBatch(*given, 0, None, None, digest, file)
    if isinstance(given, torch.Tensor | dict):
        return OwnBatch(given, None, 0, None, None, digest, file)
    said = "a pair (batch, labels), a tensor, a dict of tensors, or a backend.spaces.task.Task"
    raise UserError(f"image source {named}: expected {said}, found a {type(given).__name__}")
