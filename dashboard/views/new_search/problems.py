"""What is wrong with the form, in the backend's words, and where it is shown."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from backend.config.model import SearchConfig
from backend.errors import ConfigError
from backend.spaces.base import SearchSpace
from dashboard.text import plain

_GOALS = ("search.strategy", "search.strategy.metrics")
_ANY_GOAL = {"params": {"scale": 1.0, "direction": "minimize"}}
_ROUNDS = 3


def rest_of(tables: Mapping[str, Any], problems: Sequence[tuple[str, str]]) -> tuple[SearchConfig | None, list[str]]:
    """The configuration with defaults in the place of wrong fields, and these fields' keys.

    Args:
        tables: of the form.
        problems: ``(dotted key, message)`` of what is wrong with them.

    Returns:
        None for the configuration where no field's default repairs it.
    """
    rest, left_out = copy.deepcopy(dict(tables)), []
    for _ in range(_ROUNDS):
        for key, _message in problems:
            plain = re.sub(r"\[\d+\].*$", "", key)
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


_SPACE = "search.search_space"
_RUNNER = "search.strategy.sw_runner.zero_cost"
_SETUP = "search.strategy.setup"
_COSTS = "search.strategy.hw_runner.hardware_cost.metrics"


@dataclass(frozen=True)
class Problems:
    """Problems of a configuration: ``(dotted TOML key, message)`` each."""

    found: list[tuple[str, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.found)

    def of_space(self, space: SearchSpace, name: str) -> None:
        """Show below a field what is wrong with a key of a search space, such as ``dataset``."""
        self._show(".".join((_SPACE, *space.section.place, name)))

    def of_runner(self, name: str) -> None:
        """Show below a field what is wrong with a key of the runner, such as ``num_samples``."""
        self._show(f"{_RUNNER}.{name}")

    def of_setup(self, name: str) -> None:
        """Show below a field what is wrong with a key of the setup, such as ``n_trials``."""
        self._show(f"{_SETUP}.{name}")

    def of_metric(self, name: str) -> None:
        """Show below a field what is wrong with a metric's goal."""
        self._show(f"search.strategy.metrics.{name}")

    def of_costs(self) -> None:
        """Show below a field what is wrong with the list of hardware metrics."""
        self._show(_COSTS)

    def of_constraint(self, position: int) -> None:
        """Show below a field what is wrong with a constraint, given its place among them."""
        self._show(f"{_SETUP}.constraints[{position}]")

    def list(self) -> None:
        """Show all problems with their keys."""
        if not self.found:
            return
        lines = "\n".join(f"- {plain(f'{key}: {message}' if key else message)}" for key, message in self.found)
        count = "1 problem" if len(self.found) == 1 else f"{len(self.found)} problems"
        with st.container(key="form_problems"):
            st.error(f"**Fix {count} to launch**\n\n{lines}")

    def _show(self, key: str) -> None:
        for found, message in self.found:
            if found == key or found.startswith((f"{key}.", f"{key}[")):
                st.caption(f":red[{plain(message[0].upper() + message[1:])}.]")
