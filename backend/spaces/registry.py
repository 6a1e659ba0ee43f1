"""The search spaces by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from backend.errors import UserError
from backend.settings import SPACES_VARIABLE
from backend.spaces.accel_nasbench.space import AccelNasBench
from backend.spaces.base import SearchSpace
from backend.spaces.nas_bench_201.space import NasBench201
from backend.spaces.nas_bench_macro.space import NasBenchMacro
from backend.spaces.transnas.macro import TransNasMacro
from backend.spaces.transnas.micro import TransNasMicro

_registered: dict[str, SearchSpace] = {}

DEFAULT = NasBench201.name
"""The space of search files and studies that name none."""


@cache
def _bundled() -> dict[str, SearchSpace]:
    spaces = (NasBench201(), NasBenchMacro(), TransNasMicro(), TransNasMacro(), AccelNasBench())
    return {space.name: space for space in spaces}


def available() -> tuple[str, ...]:
    """Names of all search spaces, the bundled ones first."""
    return (*_bundled(), *_registered)


def get(name: str = DEFAULT) -> SearchSpace:
    """The search space of a name, or of another name that search files give it, with all its architectures.

    Raises:
        UserError: there is none.

    >>> get().title
    'NAS-Bench-201'
    """
    known = {**_bundled(), **_registered}
    names = {**known, **{alias: space for space in known.values() for alias in space.aliases}}
    try:
        return names[name]
    except (KeyError, TypeError):
        said = f"unknown search space {name!r}; valid: {', '.join(names)}"
        raise UserError(f"{said}; another one is installed with {SPACES_VARIABLE}") from None


def find(name: str | None) -> SearchSpace | None:
    """The search space of a name; None where there is none."""
    try:
        return None if name is None else get(name)
    except UserError:
        return None


def bundled(name: object = DEFAULT) -> SearchSpace | None:
    """The space of a name, if the project brings it: what comes from elsewhere is read by no other's code."""
    return _bundled().get(name) if isinstance(name, str) else None


def register(space: SearchSpace) -> SearchSpace:
    """Add a search space, or replace the one that was registered under its name.

    Raises:
        UserError: the name is no identifier, or a bundled space's, or there is no title.
    """
    if not isinstance(space.name, str) or not space.name.isidentifier():
        raise UserError(f"search space {space.name!r}: the name must be an identifier (letters, digits, underscores)")
    if not isinstance(getattr(space, "title", None), str):
        raise UserError(f"search space {space.name!r}: has no title; give it a short one, which pages show")
    if space.name in _bundled():
        raise UserError(f"search space {space.name!r}: the name is taken by a bundled space")
    _registered[space.name] = space
    return space


def unregister(name: str) -> None:
    """Take a registered space out; a bundled one stays."""
    _registered.pop(name, None)


def key_of_earlier(arch: str, params: Mapping[str, Any]) -> str:
    """The key of a trial of version 0.1, which recorded no space and of its architecture what is shown alone.

    Args:
        arch: what it recorded.
        params: of the trial.
    """
    return NasBench201.key_of_earlier(arch, params)
