"""What else is wrong with a form of which a field is wrong already, so that not one problem comes after the other."""

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from backend.errors import ConfigError
from backend.search.config import SearchConfig

_GOALS = ("search.strategy", "search.strategy.metrics")
_ANY_GOAL = {"params": {"scale": 1.0, "direction": "minimize"}}
_ROUNDS = 3


def rest_of(tables: Mapping[str, Any], problems: Sequence[tuple[str, str]]) -> tuple[SearchConfig | None, list[str]]:
    """The configuration with defaults in the place of wrong fields, and these fields' keys.

    Args:
        tables: of the form.
        problems: ``(dotted key, message)`` of what is wrong with them.

    Returns:
        None for the configuration where no field's default mends it.
    """
    rest, left_out = copy.deepcopy(dict(tables)), []
    for _ in range(_ROUNDS):
        for field, _message in problems:
            plain = re.sub(r"\[\d+\].*$", "", field)
            left_out.append(plain)
            _leave_out(rest, plain)
        try:
            return SearchConfig.from_mapping(rest), left_out
        except ConfigError as error:
            problems = error.problems
    return None, left_out


def _leave_out(tables: dict[str, Any], field: str) -> None:
    if field in _GOALS:
        tables["search"]["strategy"]["metrics"] = dict(_ANY_GOAL)
        return
    *path, last = field.split(".")
    place: Any = tables
    for name in path:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place.pop(last, None)
