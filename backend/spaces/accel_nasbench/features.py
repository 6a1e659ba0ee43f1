"""What an architecture's blocks say without any network: features for ensembles, and groups of architectures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import pandas as pd

from backend.spaces.accel_nasbench.architecture import NUM_BLOCKS, OPTIONS, AccelArchitecture
from backend.spaces.base import Label
from backend.spaces.grouping import Grouping, numbers


def block_features(labels: Iterable[Label]) -> pd.DataFrame:
    """Features of each architecture.

    Args:
        labels: keys of the architectures.

    Returns:
        One row an architecture, by key: each parameter as a number, ``depth`` (layers), ``squeezed_layers``, and
        ``mean_expansion`` and ``mean_kernel`` of the layers.
    """
    index = pd.Index(list(labels), name="index")
    rows = [_features(AccelArchitecture.parse(str(label))) for label in index]
    return pd.DataFrame(rows, index=index, dtype=float)


def _features(architecture: AccelArchitecture) -> dict[str, float]:
    blocks, depth = architecture.blocks, architecture.depth
    return {name: float(value) for name, value in architecture.params.items()} | {
        "depth": float(depth),
        "squeezed_layers": float(sum(block.layers for block in blocks if block.squeezes)),
        "mean_expansion": sum(block.layers * block.expansion for block in blocks) / depth,
        "mean_kernel": sum(block.layers * block.kernel for block in blocks) / depth,
    }


def _depth(architecture: AccelArchitecture) -> str:
    return str(architecture.depth)


def _squeezes(architecture: AccelArchitecture) -> str:
    return str(sum(block.squeezes for block in architecture.blocks))


def _value(name: str, architecture: AccelArchitecture) -> str:
    return str(architecture.params[name])


_CALLED = {"e": "expansion", "k": "kernel", "l": "layers", "se": "squeeze-and-excitation"}

GROUPINGS: Mapping[str, Grouping] = {
    "depth": Grouping(
        "layers", numbers(NUM_BLOCKS, sum(OPTIONS[f"block{at}_l"][-1] for at in range(NUM_BLOCKS))), _depth
    ),
    "squeezes": Grouping("blocks with squeeze-and-excitation", numbers(0, NUM_BLOCKS), _squeezes),
    **{
        name: Grouping(
            f"{_CALLED[name.partition('_')[2]]} of {name.partition('_')[0]}",
            tuple(map(str, options)),
            partial(_value, name),
        )
        for name, options in OPTIONS.items()
    },
}
"""All ways to group architectures, by name in links."""
