"""What an architecture says without any network: features for ensembles, and groups of architectures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from backend.spaces.grouping import Grouping, numbers
from backend.spaces.transnas.architecture import (
    EDGE_KEYS,
    EDGES,
    LENGTHS,
    MODULE_KEYS,
    MOST_DOUBLINGS,
    MOST_HALVINGS,
    OPERATIONS,
    MacroArchitecture,
    MicroArchitecture,
)
from backend.spaces.transnas.options import KINDS

_ROUTES = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The four ways from input to output of a cell, as positions in ``EDGES``."""
_CONVOLUTIONS = ("conv_1x1", "conv_3x3")


def macro_features(indices: Iterable[int]) -> pd.DataFrame:
    """Features of each backbone.

    Args:
        indices: of the architectures.

    Returns:
        One row an architecture, by index: ``module_<number>_<kind>`` (0 or 1), ``modules``, ``doublings``, ``halvings``
        (counts) and ``mean_doubling`` and ``mean_halving`` (mean number of the modules that do).
    """
    index = pd.Index(list(indices), name="index")
    rows = [_of_backbone(MacroArchitecture.of_index(int(position))) for position in index]
    return pd.DataFrame(rows, index=index, dtype=float)


def _of_backbone(architecture: MacroArchitecture) -> dict[str, float]:
    features = {f"{name}_{kind}": float(value == kind) for name, value in architecture.params.items() for kind in KINDS}
    places = {
        name: [number for number, digit in enumerate(architecture.backbone, start=1) if digit in digits]
        for name, digits in (("doubling", "24"), ("halving", "34"))
    }
    return features | {
        "modules": float(len(architecture.backbone)),
        "doublings": float(architecture.doublings),
        "halvings": float(architecture.halvings),
        **{f"mean_{name}": sum(at) / len(at) for name, at in places.items()},
    }


def micro_features(indices: Iterable[int]) -> pd.DataFrame:
    """Features of the live part of the cell that stands for each one's class, so that all of a class have the same.

    Args:
        indices: of the cells.

    Returns:
        One row a cell, by index: ``edge_<edge>_<operation>`` (0 or 1; dead edges are "none"), ``count_<operation>``,
        ``paths`` (number), and ``min_convs``, ``max_convs`` and ``sum_convs`` over the paths.
    """
    index = pd.Index(list(indices), name="index")
    rows = [_of_cell(MicroArchitecture.of_index(int(position)).canonical()) for position in index]
    return pd.DataFrame(rows, index=index, dtype=float)


def _of_cell(cell: MicroArchitecture) -> dict[str, float]:
    live = cell.live_edges()
    names = [name if at in live else OPERATIONS[0] for at, name in enumerate(cell.names)]
    features = {
        f"{key}_{name}": float(used == name) for key, used in zip(EDGE_KEYS, names, strict=True) for name in OPERATIONS
    }
    features |= {f"count_{name}": float(names.count(name)) for name in OPERATIONS}
    lengths = [sum(names[at] in _CONVOLUTIONS for at in route) for route in _ROUTES if live.issuperset(route)] or [0]
    return features | {
        "paths": float(sum(live.issuperset(route) for route in _ROUTES)),
        "min_convs": float(min(lengths)),
        "max_convs": float(max(lengths)),
        "sum_convs": float(sum(lengths)),
    }


def _value(name: str, architecture: MacroArchitecture | MicroArchitecture) -> str:
    return architecture.params[name]


def _count(operations: tuple[str, ...], cell: MicroArchitecture) -> str:
    return str(sum(name in operations for name in cell.names))


MACRO_GROUPINGS: Mapping[str, Grouping] = {
    "modules": Grouping("modules", numbers(min(LENGTHS), max(LENGTHS)), lambda item: str(len(item.backbone))),
    "doublings": Grouping(
        "modules that double the channels", numbers(1, MOST_DOUBLINGS), lambda item: str(item.doublings)
    ),
    "halvings": Grouping("modules that halve the image", numbers(1, MOST_HALVINGS), lambda item: str(item.halvings)),
    **{
        name: Grouping(f"kind of module {number}", KINDS, partial(_value, name))
        for number, name in enumerate(MODULE_KEYS, start=1)
    },
}
"""All ways to group backbones, by name in links."""

MICRO_GROUPINGS: Mapping[str, Grouping] = {
    "conv3x3": Grouping("3×3 convolutions", numbers(0, len(EDGES)), partial(_count, ("conv_3x3",))),
    "conv1x1": Grouping("1×1 convolutions", numbers(0, len(EDGES)), partial(_count, ("conv_1x1",))),
    "conv": Grouping("convolutions", numbers(0, len(EDGES)), partial(_count, _CONVOLUTIONS)),
    "skip": Grouping("skip connections", numbers(0, len(EDGES)), partial(_count, ("skip",))),
    "none": Grouping("edges without an operation", numbers(0, len(EDGES)), partial(_count, ("none",))),
    **{
        key: Grouping(f"operation on edge {source} → {target}", OPERATIONS, partial(_value, key))
        for key, (source, target) in zip(EDGE_KEYS, EDGES, strict=True)
    },
}
"""All ways to group cells, by name in links."""
