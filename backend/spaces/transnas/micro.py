"""TransNAS-Bench-101 Micro: cells of four nodes and six edges in one backbone, 4,096 networks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, Words
from backend.spaces.capabilities import HasTruth, KnownCosts, Parameter
from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.transnas.architecture import (
    CELL_BACKBONE,
    EDGE_KEYS,
    EDGES,
    OPERATIONS,
    MicroArchitecture,
    micro_cells,
)
from backend.spaces.transnas.backbone import BASE_CHANNELS
from backend.spaces.transnas.options import TransNasMicroSection
from backend.spaces.transnas.space import TransNas

if TYPE_CHECKING:
    import pandas as pd

_KEY = re.compile(rf"{BASE_CHANNELS}-{CELL_BACKBONE}-([0-3])_([0-3]{{2}})_([0-3]{{3}})")
_SHOWN = ("none", "skip", "conv 1×1", "conv 3×3")
_PLACES = ((0.0, 0.0), (2.0, 2.5), (2.0, 0.95), (4.0, 0.0))
"""A drawing of the complete graph on four nodes in which no two edges cross."""


class TransNasMicro(TransNas[MicroArchitecture]):
    """The cells whose edges keep to the configured operations.

    Each edge is a categorical parameter ``edge_0_1`` … ``edge_2_3`` whose values are names of operations.
    """

    name = "transnas_micro"
    title = "TransNAS-Bench-101 Micro"
    words = Words("cell", "cells", "edge", "operation")
    indexed = "cell of TransNAS-Bench-101 Micro"
    notations = "a string such as 64-41414-1_02_333, or an index"
    empty = "edge_0_1 … edge_2_3: no cell of these operations connects input to output; allow more"
    section = TransNasMicroSection
    kind = MicroArchitecture
    options: ClassVar[Mapping[str, tuple[str, ...]]] = dict.fromkeys(EDGE_KEYS, OPERATIONS)
    providers: ClassVar[Mapping[type, str]] = {
        HasTruth: "backend.truth.transnas:MicroTruth",
        KnownCosts: "backend.spaces.transnas.costs:TransNasCosts",
    }

    def parse(self, text: str) -> MicroArchitecture:
        """Read a string of the benchmark.

        >>> TransNasMicro().parse("64-41414-0_00_001").index
        1
        """
        match = _KEY.fullmatch(text.strip())
        if match is None:
            raise UserError(
                f"cell {text[:100]!r}: expected {BASE_CHANNELS}-{CELL_BACKBONE}-A_BC_DEF with a digit from 0 to 3 for "
                "the operation of each edge"
            )
        return MicroArchitecture("".join(match.groups()))

    def representative(self, architecture: Architecture) -> MicroArchitecture:
        """The cell of its class with the fewest edges in use."""
        assert isinstance(architecture, MicroArchitecture)
        return architecture.canonical()

    def of_params(self, params: Mapping[str, Any]) -> MicroArchitecture:
        """The cell of Optuna's parameters; those without a choice may be left out."""
        return MicroArchitecture.of_names([params.get(name, options[0]) for name, options in self._options.items()])

    @property
    def size(self) -> int:
        """4,096."""
        return len(micro_cells())

    def members(self) -> Iterator[MicroArchitecture]:
        """Every connected cell that the choices allow."""
        cells = map(MicroArchitecture.of_names, product(*self._options.values()))
        return (cell for cell in cells if not cell.invalid)

    def classes(self) -> pd.Series[float]:
        """By index, the index of the cell that stands for its class; NaN for a disconnected one."""
        return _classes().copy(deep=False)

    def has_class(self, class_key: str) -> bool:
        """Whether it is the string of a cell that stands for a class."""
        return _KEY.fullmatch(class_key) is not None and self.parse(class_key).class_key == class_key

    def description(self, architecture: Architecture) -> str:
        """The function that a cell computes."""
        assert isinstance(architecture, MicroArchitecture)
        if architecture.invalid:
            return "Nothing connects its input to its output."
        function = str(architecture.expression)
        shortcuts = ", and a shortcut is the identity where the shape stays" if "shortcut" in function else ""
        return f"It computes {function}, where each convolution has its own weights{shortcuts}."

    @property
    def features_help(self) -> str:
        """What the features are."""
        return (
            "Features of the live part of the cell's graph: the operation on each edge, their counts, and the paths "
            "from input to output."
        )

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """Features of the live part of the cell that stands for each one's class."""
        from backend.spaces.transnas.features import micro_features  # noqa: PLC0415

        return micro_features(map(int, labels))

    @property
    def groupings(self) -> Mapping[str, str]:
        """Counts of operations, and the operation of each edge."""
        from backend.spaces.transnas.features import MICRO_GROUPINGS  # noqa: PLC0415

        return {name: grouping.title for name, grouping in MICRO_GROUPINGS.items()}

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each cell, by index."""
        from backend.spaces.grouping import group  # noqa: PLC0415
        from backend.spaces.transnas.features import MICRO_GROUPINGS  # noqa: PLC0415

        return group(MICRO_GROUPINGS[grouping], MicroArchitecture.of_index, map(int, labels))

    def neighbours(self, architecture: Architecture) -> Sequence[MicroArchitecture]:
        """The 18 cells that differ in one edge."""
        assert isinstance(architecture, MicroArchitecture)
        return architecture.neighbours()

    def drawing(self, architecture: Architecture) -> Drawing:
        """The four nodes and six edges of the cell."""
        assert isinstance(architecture, MicroArchitecture)
        live = architecture.live_edges()
        pairs = enumerate(zip(EDGES, architecture.names, EDGE_KEYS, strict=True))
        drawn = tuple(DrawnEdge(*ends, name, edge in live, key) for edge, (ends, name, key) in pairs)
        operations = tuple(zip(OPERATIONS, _SHOWN, strict=True))
        nodes = ("input of the cell", "node 1", "node 2", "output of the cell")
        return Drawing(("in", "1", "2", "out"), drawn, _PLACES, operations, OPERATIONS[0], nodes)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The operation of each edge."""
        return [
            Parameter(key, f"{source} → {target}", OPERATIONS, _SHOWN)
            for key, (source, target) in zip(EDGE_KEYS, EDGES, strict=True)
        ]

    @property
    def choices_help(self) -> str:
        """What the choices are."""
        return "Operations allowed on each edge of the cell: node 0 is its input, node 3 its output."

    @property
    def bundles(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of operations to allow on every edge at once."""
        return {
            "Every operation": tuple(range(len(OPERATIONS))),
            "Convolutions and skips": (1, 2, 3),
            "Convolutions": (2, 3),
        }

    def left(self) -> str:
        """How many cells the choices leave."""
        cells = list(self.members())
        distinct = len({cell.class_key for cell in cells})
        return (
            f"These choices leave **{len(cells):,}** connected cells of {self.size:,}. **{distinct:,}** of them are "
            "distinct: the others compute the same, and cost nothing."
        )


@cache
def _classes() -> pd.Series[float]:
    import pandas as pd  # noqa: PLC0415 - to name the space, or to list its studies, needs none of it

    cells = map(MicroArchitecture, micro_cells())
    classes = [None if cell.invalid else cell.canonical().index for cell in cells]
    return pd.Series(classes, index=pd.RangeIndex(len(classes), name="index"), dtype="Float64")
