"""Architectures that are no more than Optuna's parameters, their keys, and how a key is read back."""

from __future__ import annotations

import json
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from backend.errors import UserError

if TYPE_CHECKING:
    from backend.spaces.base import Architecture, SearchSpace

Value = int | float | str | bool | None
"""Of a parameter, as Optuna stores it."""
_PLAIN = re.compile(r"[^\s\"=\[\]{},]+")
_WORD = r'("(?:[^"\\]|\\.)*"|[^\s"=\[\]{}]+)'
_MISSING = re.compile(r"The value of the parameter '(.*)' is not found")
"""What Optuna's ``FixedTrial`` says of a parameter that it has no value for."""
_ITEM = re.compile(rf"\s*{_WORD}={_WORD}(?=\s|$)")


@dataclass(frozen=True)
class ParameterArchitecture:
    """An architecture that is no more than its parameters.

    >>> ParameterArchitecture.of({"width": 16, "depth": 3, "norm": "batch"}).key
    'depth=3 norm=batch width=16'
    """

    items: tuple[tuple[str, Value], ...]

    @classmethod
    def of(cls, params: Mapping[str, Value]) -> Self:
        """The architecture of parameters, in whatever order they are given."""
        return cls(tuple(sorted(params.items())))

    @classmethod
    def parse(cls, text: str, called: str = "architecture") -> Self:
        """Read an architecture from its key.

        Args:
            text: the key.
            called: what the message calls an architecture.

        Raises:
            UserError: it is no key.

        >>> ParameterArchitecture.parse("width=16 depth=3").params
        {'depth': 3, 'width': 16}
        """
        found, position = dict[str, Value](), 0
        while match := _ITEM.match(text, position):
            position = match.end()
            found[str(_decoded(match[1]) if match[1].startswith('"') else match[1])] = _decoded(match[2])
        if not found or text[position:].strip():
            raise UserError(f"{called} {text[:200]!r}: expected name=value of each parameter, separated by spaces")
        return cls.of(found)

    @property
    def key(self) -> str:
        """``name=value`` of each parameter, by name; JSON where a name or text is more than one word."""
        return " ".join(f"{_encoded(name, is_name=True)}={_encoded(value)}" for name, value in self.items)

    @property
    def class_key(self) -> str:
        """The key: no two sets of parameters are known to be the same function."""
        return self.key

    @property
    def invalid(self) -> str | None:
        """None: nothing is known to be invalid."""
        return None

    @property
    def params(self) -> Mapping[str, Any]:
        """The parameters by name."""
        return dict(self.items)


def _encoded(value: Value, *, is_name: bool = False) -> str:
    if isinstance(value, str) and _PLAIN.fullmatch(value) and (is_name or _decoded(value) == value):
        return value
    return json.dumps(value)


def _decoded(text: str) -> Value:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if value is None or isinstance(value, int | float | str) else text


def proposed_again(space: SearchSpace, wanted: ParameterArchitecture) -> Architecture:
    """The architecture that a space proposes for parameters, which may be anybody's.

    Raises:
        UserError: the space does not propose such an architecture.
    """
    from optuna.trial import FixedTrial  # noqa: PLC0415 - to name the space, or to list its studies, needs none of it

    said = f"{space.words.one} {wanted.key[:200]!r}: not in the search space {space.title}"
    trial = FixedTrial(dict(wanted.params))
    try:
        with warnings.catch_warnings():
            # A value out of its range is told of below.
            warnings.simplefilter("ignore")
            found = space.suggest(trial)  # type: ignore[arg-type]
    except UserError:
        raise
    except Exception as error:  # noqa: BLE001 - a user's space may fail in any way
        missing = _MISSING.match(str(error))
        why = f"{missing[1]} is missing" if missing else " ".join(str(error).split())
        raise UserError(f"{said}: {why}") from None
    for name, distribution in trial.distributions.items():
        if not _contains(distribution, wanted.params[name]):
            raise UserError(f"{said}: {name} is {wanted.params[name]!r}; valid: {distribution}")
    if found.key != wanted.key:
        raise UserError(f"{said}, which would call it {found.key!r}")
    return found


def _contains(distribution: Any, value: Any) -> bool:
    """Whether a value is one of an Optuna distribution."""
    choices = getattr(distribution, "choices", None)
    if choices is not None:
        return any(value == choice and type(value) is type(choice) for choice in choices)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not distribution.low <= value <= distribution.high:
        return False
    step = distribution.step
    return step is None or math.isclose((value - distribution.low) / step, round((value - distribution.low) / step))
