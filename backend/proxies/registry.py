"""The registry of proxies: how one is declared, found, and loaded from a user's file."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from backend.errors import UserError
from backend.proxies.observations import OBSERVATIONS, REQUIREMENTS
from backend.spaces.truth_tasks import Direction
from backend.user_code import run_file

Value = Callable[..., float]
"""A proxy's function; it is called with the observations that the proxy reads, in that order."""


@dataclass(frozen=True)
class Proxy:
    """A zero-cost proxy.

    Attributes:
        name: identifier in configurations, tables and `available()`.
        title: name in charts.
        direction: which values are better.
        formula: the definition in LaTeX.
        source: where it was published.
        description: one or two sentences on what it measures.
        traps: what is known to mislead whoever reads its values, one sentence or two each.
        version: raised whenever the definition changes, so that old scores are not taken for new ones.
        needs_labels: whether it needs the images' labels.
        min_images: images that it needs at least.
        requires: what a network must have, keys of `backend.proxies.observations.REQUIREMENTS`.
        literal: whether the value belongs to the literal architecture; otherwise all architectures of a class share it.
        skewed: whether the values span orders of magnitude, so that fits take their signed logarithm.
        reads: names of the observations it is computed from.
        value: the function of these observations.
    """

    name: str
    title: str
    direction: Direction
    formula: str
    source: str
    description: str
    traps: tuple[str, ...]
    version: int
    needs_labels: bool
    min_images: int
    requires: tuple[str, ...]
    literal: bool
    skewed: bool
    reads: tuple[str, ...] = field(repr=False)
    value: Value = field(repr=False, compare=False)

    @property
    def definition(self) -> str:
        """The function's docstring without the section on its arguments; "" where it has none."""
        return re.split(r"^Args:\s*$", inspect.getdoc(self.value) or "", maxsplit=1, flags=re.MULTILINE)[0].strip()

    @property
    def needs(self) -> tuple[str, ...]:
        """All that it requires of a network and a batch, in words.

        >>> from backend.proxies import get
        >>> get("naswot_relu").needs
        ('at least 2 images', 'ReLUs')
        """
        batch = ["labels"] if self.needs_labels else []
        if self.min_images > 1:
            batch.append(f"at least {self.min_images} images")
        return (*batch, *(REQUIREMENTS[name].words for name in self.requires))

    @property
    def links(self) -> tuple[str, ...]:
        """Web addresses of the works that `source` names by address, arXiv number, DOI or OpenReview id."""
        return tuple(address + name for pattern, address in _REFERENCES for name in re.findall(pattern, self.source))


_REFERENCES = (
    (r"(https?://[^\s,;]+)", ""),
    (r"arXiv[: ]\s*(\d{4}\.\d{4,5}(?:v\d+)?)", "https://arxiv.org/abs/"),
    (r"\b(?<!doi\.org/)(10\.\d{4,9}/[^\s,;]+)", "https://doi.org/"),
    (r"OpenReview (\w+)", "https://openreview.net/forum?id="),
)
"""How a source names a work, and the address that the name completes."""

_PROXIES: dict[str, Proxy] = {}


@overload
def register(function: Value, /) -> Value: ...


@overload
def register(
    *,
    name: str | None = None,
    title: str | None = None,
    direction: Direction = "maximize",
    formula: str = "",
    source: str = "",
    description: str | None = None,
    traps: tuple[str, ...] = (),
    version: int = 1,
    needs_labels: bool | None = None,
    min_images: int | None = None,
    requires: tuple[str, ...] = (),
    literal: bool = False,
    skewed: bool = False,
    reads: tuple[str, ...] = ("network", "images", "labels"),
) -> Callable[[Value], Value]: ...


def register(
    function: Value | None = None,
    /,
    *,
    name: str | None = None,
    title: str | None = None,
    direction: Direction = "maximize",
    formula: str = "",
    source: str = "",
    description: str | None = None,
    traps: tuple[str, ...] = (),
    version: int = 1,
    needs_labels: bool | None = None,
    min_images: int | None = None,
    requires: tuple[str, ...] = (),
    literal: bool = False,
    skewed: bool = False,
    reads: tuple[str, ...] = ("network", "images", "labels"),
) -> Value | Callable[[Value], Value]:
    """Adds a function to the proxies; used as ``@register`` or ``@register(direction="minimize", …)``.

    The function gets the observations named in `reads` as positional arguments and returns a number. By default these
    are a private copy of the network, the images and the labels. Random numbers should come from a generator of its own
    with a fixed seed: the global one is shared by the threads that score at once.

    Args:
        function: the proxy's function.
        name: the proxy's name; the function's name if None.
        title: name in charts; the proxy's name if None.
        direction: "maximize" or "minimize".
        formula: the definition in LaTeX.
        source: where it was published.
        description: one or two sentences; the first paragraph of the function's docstring if None.
        traps: what is known to mislead whoever reads its values.
        version: raise it when the definition changes.
        needs_labels: whether labels must be given; if None, whether an observation that it reads needs them.
        min_images: images that it needs at least; if None, what the observations need.
        requires: what a network must have beside what the observations require, keys of
            `backend.proxies.observations.REQUIREMENTS`.
        literal: whether the value depends on dead edges too.
        skewed: whether the values span orders of magnitude.
        reads: names of the observations, keys of `backend.proxies.observations.OBSERVATIONS`.

    Returns:
        The function itself, or the decorator.

    Raises:
        UserError: a name that is taken or is no identifier, an unknown direction or observation.
    """

    def add(value: Value) -> Value:
        own_name = name or value.__name__
        if not own_name.isidentifier():
            raise UserError(f"proxy {own_name!r}: the name must be an identifier (letters, digits, underscores)")
        if direction not in ("maximize", "minimize"):
            raise UserError(f"proxy {own_name!r}: direction {direction!r}; valid: maximize, minimize")
        for observation in reads:
            if observation not in OBSERVATIONS:
                raise UserError(f"proxy {own_name!r}: reads {observation!r}; valid: {', '.join(OBSERVATIONS)}")
        for requirement in requires:
            if requirement not in REQUIREMENTS:
                raise UserError(f"proxy {own_name!r}: requires {requirement!r}; valid: {', '.join(REQUIREMENTS)}")
        taken = _PROXIES.get(own_name)
        if taken is not None and _file_of(taken.value) != _file_of(value):
            raise UserError(f"proxy {own_name!r}: the name is taken by {_file_of(taken.value)}")
        read = [OBSERVATIONS[observation] for observation in reads]
        _PROXIES[own_name] = Proxy(
            name=own_name,
            title=title or own_name,
            direction=direction,
            formula=formula,
            source=source,
            description=_first_paragraph(value) if description is None else description,
            traps=traps,
            version=version,
            needs_labels=any(o.needs_labels for o in read) if needs_labels is None else needs_labels,
            min_images=max((o.min_images for o in read), default=1) if min_images is None else min_images,
            requires=tuple(dict.fromkeys([*(name for o in read for name in o.requires), *requires])),
            literal=literal,
            skewed=skewed,
            reads=reads,
            value=value,
        )
        return value

    return add if function is None else add(function)


def available() -> tuple[str, ...]:
    """Names of all proxies, in the order of their registration: the project's own first."""
    return tuple(_PROXIES)


def get(name: str) -> Proxy:
    """The proxy of that name.

    Raises:
        UserError: there is none.
    """
    try:
        return _PROXIES[name]
    except (KeyError, TypeError):
        raise UserError(f"unknown proxy {name!r}; valid: {', '.join(_PROXIES)}") from None


def load_module(path: str | Path) -> tuple[str, ...]:
    """Runs a user's Python file, which registers proxies of their own; running it again replaces them.

    Args:
        path: the file.

    Returns:
        The names that the file registered.

    Raises:
        UserError: no such Python file, it fails, or it registers nothing. The registry is then as it was before.
    """
    file = Path(path).resolve()
    if file.suffix != ".py" or not file.is_file():
        raise UserError(f"proxy module {path}: expected an existing Python file (.py)")
    before = dict(_PROXIES)
    for name, proxy in before.items():
        if _file_of(proxy.value) == str(file):
            del _PROXIES[name]
    try:
        run_file(file, "user")
        added = tuple(name for name in _PROXIES if before.get(name) is not _PROXIES[name])
        if not added:
            raise UserError(
                f"proxy module {path}: registers no proxy; decorate a function with @backend.proxies.register"
            )
    except BaseException as error:
        _PROXIES.clear()
        _PROXIES.update(before)
        if isinstance(error, UserError) or not isinstance(error, Exception):
            raise
        reason = " ".join(str(error).split())
        raise UserError(f"proxy module {path}: {type(error).__name__}: {reason}") from error
    return added


def _file_of(function: Value) -> str:
    return str(Path(inspect.unwrap(function).__code__.co_filename).resolve())


def _first_paragraph(function: Value) -> str:
    return " ".join((inspect.getdoc(function) or "").split("\n\n")[0].split())
