"""What a cell's graph says without any network: features for ensembles, and groups of cells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, partial

import pandas as pd

from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell

_CONVOLUTIONS = ("nor_conv_3x3", "nor_conv_1x1")
_COUNTED = {"convs": _CONVOLUTIONS, "convs_3x3": ("nor_conv_3x3",), "poolings": ("avg_pool_3x3",)}
_ROUTES = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The four ways from input to output, as positions in `EDGES`."""


def graph_features(cells: Iterable[Cell]) -> pd.DataFrame:
    """Features of the live part of each cell's representative, so that all cells of a class have the same.

    Args:
        cells: connected cells.

    Returns:
        One row a cell, indexed by official index: ``edge_<edge>_<operation>`` (0 or 1; dead edges are "none"),
        ``count_<operation>``, ``paths`` (number), ``<min|max|sum>_<convs|convs_3x3|poolings>`` over the paths, and
        ``skip_path`` (whether a path is nothing but skip connections).
    """
    cells = list(cells)
    rows = [_features(cell.representative()) for cell in cells]
    return pd.DataFrame(rows, index=pd.Index([cell.index for cell in cells], name="index"), dtype=float)


@cache
def _features(cell: Cell) -> dict[str, float]:
    live = cell.live_edges()
    operations = [name if edge in live else "none" for edge, name in enumerate(cell.operations)]
    features: dict[str, float] = {
        f"edge_{source}_{target}_{name}": float(operation == name)
        for (source, target), operation in zip(EDGES, operations, strict=True)
        for name in OPERATIONS
    }
    features |= {f"count_{name}": float(operations.count(name)) for name in OPERATIONS}
    paths = [[operations[edge] for edge in route] for route in _ROUTES if live.issuperset(route)]
    return features | _path_features(paths)


def _path_features(paths: Sequence[Sequence[str]]) -> dict[str, float]:
    features = {"paths": float(len(paths))}
    for name, counted in _COUNTED.items():
        lengths = [sum(operation in counted for operation in path) for path in paths]
        features |= {f"min_{name}": min(lengths), f"max_{name}": max(lengths), f"sum_{name}": sum(lengths)}
    features["skip_path"] = float(any(set(path) == {"skip_connect"} for path in paths))
    return features


_WITH_WEIGHTS = frozenset({"nor_conv_3x3", "nor_conv_1x1"})
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
            through = most[source] + (operation in _WITH_WEIGHTS)
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
    _counting("conv", "convolutions", *_WITH_WEIGHTS),
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
