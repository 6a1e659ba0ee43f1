"""Groups of architectures by something that they have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from backend.spaces.base import Label


@dataclass(frozen=True)
class Grouping:
    """A way to group architectures.

    Attributes:
        title: what the groups differ in.
        groups: their names, in order.
        of: the group of an architecture.
    """

    title: str
    groups: tuple[str, ...]
    of: Callable[[Any], str]


def group(grouping: Grouping, architecture: Callable[[Any], Any], labels: Iterable[Label]) -> pd.Series[str]:
    """The group of each architecture, by label: an ordered categorical with all groups as categories.

    Args:
        grouping: how to group.
        architecture: of a label.
        labels: of the architectures.
    """
    index = pd.Index(list(labels), name="index")
    found = [grouping.of(architecture(label)) for label in index]
    return pd.Series(pd.Categorical(found, grouping.groups, ordered=True), index=index, name=grouping.title)


def numbers(first: int, last: int) -> tuple[str, ...]:
    """Names of groups that are numbers."""
    return tuple(map(str, range(first, last + 1)))
