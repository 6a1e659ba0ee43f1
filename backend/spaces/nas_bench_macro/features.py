"""What an architecture's layers say without any network: features for ensembles, and groups of architectures."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import pandas as pd

from backend.spaces.grouping import Grouping, numbers
from backend.spaces.nas_bench_macro.architecture import BLOCKS, FIRST_LAYERS, LAYERS, NUM_LAYERS, MacroArchitecture


def layer_features(indices: Iterable[int]) -> pd.DataFrame:
    """Features of each architecture's canonical form, so that all of a class have the same.

    Args:
        indices: of the architectures.

    Returns:
        One row an architecture, by index: ``first_<stage>_<block>`` (0 or 1: what begins the stage),
        ``stage_<stage>_<block>`` (how many of the stage's layers are that block) and ``count_<block>`` (of all layers).
    """
    index = pd.Index(list(indices), name="index")
    rows = [_features(MacroArchitecture.of_index(int(position)).canonical()) for position in index]
    return pd.DataFrame(rows, index=index, dtype=float)


def _features(architecture: MacroArchitecture) -> dict[str, float]:
    features: dict[str, float] = {}
    for number, stage in enumerate(architecture.stages, start=1):
        for digit, block in enumerate(BLOCKS):
            features[f"first_{number}_{block.name}"] = float(stage[0] == str(digit))
            features[f"stage_{number}_{block.name}"] = float(stage.count(str(digit)))
    return features | {f"count_{block.name}": architecture.code.count(str(digit)) for digit, block in enumerate(BLOCKS)}


def _count(digit: str, architecture: MacroArchitecture) -> str:
    return str(architecture.code.count(digit))


def _first_blocks(architecture: MacroArchitecture) -> str:
    return str(sum(architecture.code[layer] != "0" for layer in FIRST_LAYERS))


def _at(layer: int, architecture: MacroArchitecture) -> str:
    return architecture.blocks[layer].name


GROUPINGS: dict[str, Grouping] = {
    "identity": Grouping("identities", numbers(0, NUM_LAYERS), partial(_count, "0")),
    "ir3x3": Grouping("inverted residuals 3×3", numbers(0, NUM_LAYERS), partial(_count, "1")),
    "ir5x5": Grouping("inverted residuals 5×5", numbers(0, NUM_LAYERS), partial(_count, "2")),
    "first": Grouping("stages that begin with an inverted residual", numbers(0, len(FIRST_LAYERS)), _first_blocks),
    **{
        name: Grouping(f"choice of layer {position + 1}", tuple(block.name for block in BLOCKS), partial(_at, position))
        for position, name in enumerate(LAYERS)
    },
}
"""All ways to group architectures, by name in links."""
