"""Ways to group cells by the operations on their edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import pandas as pd

from backend.cells import EDGES, OPERATIONS, Cell

_CONVOLUTIONS = frozenset({"nor_conv_3x3", "nor_conv_1x1"})
_COUNTS = tuple(map(str, range(len(EDGES) + 1)))


@dataclass(frozen=True)
class Grouping:
    """A way to group cells.

    Attributes:
        name: short and stable, for links and files.
        title: what the groups differ in.
        groups: their names, in order.
        of: the group of a cell.
    """

    name: str
    title: str
    groups: tuple[str, ...]
    of: Callable[[Cell], str] = field(repr=False, compare=False)

    @property
    def counts(self) -> bool:
        """Whether the groups are numbers."""
        return self.groups[0].isdecimal()


def group_cells(grouping: Grouping, indices: Iterable[int]) -> pd.Series[str]:
    """The group of each cell.

    Args:
        grouping: how to group.
        indices: official indices of the cells.

    Returns:
        An ordered categorical with all groups as categories, indexed by official index.
    """
    index = pd.Index(indices, name="index")
    groups = [grouping.of(Cell.from_index(int(position))) for position in index]
    return pd.Series(pd.Categorical(groups, grouping.groups, ordered=True), index=index, name=grouping.title)


def skip_path(cell: Cell) -> bool:
    """Whether skip connections alone lead from the input to the output."""
    reached = {0}
    for (source, target), operation in zip(EDGES, cell.operations, strict=True):
        if source in reached and operation == "skip_connect":
            reached.add(target)
    return 3 in reached


def convolutions_in_a_row(cell: Cell) -> int:
    """The most convolutions on one path from the input to the output; 0 for a disconnected cell too."""
    most = {0: 0}
    for (source, target), operation in zip(EDGES, cell.operations, strict=True):
        if source in most and operation != "none":
            through = most[source] + (operation in _CONVOLUTIONS)
            most[target] = max(most.get(target, 0), through)
    return most.get(3, 0)


def _count(operations: frozenset[str], cell: Cell) -> str:
    return str(sum(operation in operations for operation in cell.operations))


def _on_edge(position: int, cell: Cell) -> str:
    return cell.operations[position]


def _counting(name: str, title: str, *operations: str) -> Grouping:
    return Grouping(name, title, _COUNTS, partial(_count, frozenset(operations)))


GROUPINGS: tuple[Grouping, ...] = (
    _counting("conv3x3", "3×3 convolutions", "nor_conv_3x3"),
    _counting("conv1x1", "1×1 convolutions", "nor_conv_1x1"),
    _counting("conv", "convolutions", *_CONVOLUTIONS),
    Grouping(
        "depth",
        "convolutions on the longest path",
        tuple(map(str, range(4))),
        lambda cell: str(convolutions_in_a_row(cell)),
    ),
    _counting("pool", "average poolings", "avg_pool_3x3"),
    _counting("skip", "skip connections", "skip_connect"),
    _counting("none", "edges without an operation", "none"),
    Grouping(
        "skip_path",
        "a path of skip connections alone",
        ("without", "with"),
        lambda cell: "with" if skip_path(cell) else "without",
    ),
    *(
        Grouping(f"edge_{source}_{target}", f"operation on edge {source} → {target}", OPERATIONS, partial(_on_edge, at))
        for at, (source, target) in enumerate(EDGES)
    ),
)
"""All ways to group cells, by name in links and by title on pages."""
