"""Values that a study database keeps as JSON, read whatever somebody has stored there.

A value may be of any kind, and nested as deep as its writer liked: ``json`` and ``copy.deepcopy`` then break off at a
depth that depends on who called them. Here a value is bounded before it is parsed, and one of the wrong kind is told
from a right one where it is read, so that one bad value is no more than that.
"""

import json
import math
import re
from typing import Any, Final

DEEPEST: Final = 50
"""Levels of nested lists and tables of a value."""
_TOKENS: Final = re.compile(
    r'(?P<passed>"(?:[^"\\]|\\.)*+")|(?P<unclosed>")|(?P<opens>[\[{])|(?P<closes>[\]}])', re.DOTALL
)
_LONE: Final = re.compile(r"\\ud[89a-f]", re.IGNORECASE)


class UnreadableValueError(ValueError):
    """A stored value that is no JSON, or more than is read; the message says which, and follows "it is"."""


def read_value(text: str) -> Any:
    """A stored value, numbers that are not finite included.

    Raises:
        UnreadableValueError: it is no JSON, or nested too deeply.
    """
    if _is_deep(text):
        raise UnreadableValueError(f"nested deeper than {DEEPEST} levels")
    try:
        value = json.loads(text)
        if _LONE.search(text):
            # Half of a pair of surrogates is a text that nothing can write.
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, TypeError):
        raise UnreadableValueError("no JSON") from None
    return value


def value_or_words(text: str) -> Any:
    """As :func:`read_value`; words in the place of a value that cannot be read."""
    try:
        return read_value(text)
    except UnreadableValueError as error:
        return f"(not shown: it is {error})"


def number_in(value: Any) -> float | None:
    """A stored number; None for what is none, or larger than a float can be."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def numbers_in(value: Any) -> dict[str, float | None]:
    """A stored table of numbers, those that are not finite as None; empty for what is no table."""
    if not isinstance(value, dict):
        return {}
    numbers = {name: number_in(item) for name, item in value.items()}
    return {name: item if item is not None and math.isfinite(item) else None for name, item in numbers.items()}


def metric_names_in(value: Any, count: int) -> list[str] | None:
    """The names of a study's objectives, as Optuna keeps them; None for anything but a name of its own for each."""
    is_names = isinstance(value, list) and all(isinstance(name, str) for name in value)
    return list(value) if is_names and len(value) == len(set(value)) == count else None


def _is_deep(text: str) -> bool:
    """Whether lists and tables are nested deeper than is read."""
    if text.count("[") + text.count("{") <= DEEPEST:
        return False
    depth = 0
    for token in _TOKENS.finditer(text):
        match token.lastgroup:
            case "unclosed":
                break
            case "opens":
                depth += 1
            case "closes":
                depth -= 1
        if depth > DEEPEST:
            return True
    return False
