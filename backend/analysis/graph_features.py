"""What a cell's graph says about it without any network: operations and paths of its live part."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import pandas as pd

from backend.cells import EDGES, OPERATIONS, Cell

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
