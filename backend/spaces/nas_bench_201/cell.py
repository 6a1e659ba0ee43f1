"""A cell of the NAS-Bench-201 topology space: six edges, five operations, 15,625 cells in the official order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from backend.errors import UserError
from backend.spaces.expression import Expression, reduce_cell

OPERATIONS = ("none", "skip_connect", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3")
"""The operations by their option number."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source node, target node) of each edge in the order of an architecture string; 0 is the input, 3 the output."""

NUM_CELLS: int = len(OPERATIONS) ** len(EDGES)

_EXAMPLE = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|skip_connect~2|"
_PATTERN = re.compile(r"\|([^|~+]+)~0\|\+\|([^|~+]+)~0\|([^|~+]+)~1\|\+\|([^|~+]+)~0\|([^|~+]+)~1\|([^|~+]+)~2\|")


@dataclass(frozen=True)
class Cell:
    """A cell, given by the operation on each edge.

    Attributes:
        operations: six names of `OPERATIONS`, in the order of `EDGES`.

    Raises:
        UserError: another number of operations, or an unknown one.
    """

    operations: tuple[str, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "operations", tuple(self.operations))
        if len(self.operations) != len(EDGES):
            raise UserError(f"operations: a cell has {len(EDGES)} edges, got {len(self.operations)} operations")
        for operation in self.operations:
            if operation not in OPERATIONS:
                raise UserError(f"operations: unknown operation {operation!r}; valid: {', '.join(OPERATIONS)}")

    @classmethod
    def parse(cls, arch_string: str) -> Cell:
        """Reads an architecture string in the official notation.

        :mod:`backend.spaces.nas_bench_201.notations` reads what people type.

        Args:
            arch_string: for example ``|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|skip_connect~2|``.

        Raises:
            UserError: not in that notation, or an unknown operation.
        """
        match = _PATTERN.fullmatch(arch_string.strip()) if isinstance(arch_string, str) else None
        if match is None:
            shown = arch_string if not isinstance(arch_string, str) else arch_string[: 2 * len(_EXAMPLE)]
            raise UserError(f"architecture {shown!r}: not a NAS-Bench-201 string; expected the form {_EXAMPLE}")
        return cls(match.groups())

    @classmethod
    def from_index(cls, index: int) -> Cell:
        """The cell at an official index, 0 to 15,624.

        Raises:
            UserError: not a whole number in that range.
        """
        if isinstance(index, bool) or not isinstance(index, int | np.integer) or not 0 <= index < NUM_CELLS:
            raise UserError(f"index {index!r}: expected a whole number from 0 to {NUM_CELLS - 1}")
        return enumerate_cells()[int(index)]

    @property
    def index(self) -> int:
        """The official NAS-Bench-201 index, 0 to 15,624."""
        return cell_indices()[self.operations]

    @property
    def connected(self) -> bool:
        """Whether any path leads from the input to the output."""
        # The order of the edges leaves no node before all its inputs are known.
        reached = {0}
        for (source, target), operation in zip(EDGES, self.operations, strict=True):
            if source in reached and operation != "none":
                reached.add(target)
        return 3 in reached

    def canonical(self) -> Expression:
        """What the cell computes: a hashable key, equal exactly for the cells of one class.

        Cells of one class compute the same function for matching weights: skip connections are the identity, pooling is
        linear, edges on no input–output path are dropped (the constant that a convolution of nothing could learn in its
        BN bias along with them), and nodes have no names.
        """
        return _expression(self.operations)

    def representative(self) -> Cell:
        """The member of the cell's class with the fewest edges in use (of those the lowest index).

        All cells of a class share one representative; its network is the one to score for any of them.
        """
        index = class_indices()[self.index]
        return Cell(("none",) * len(EDGES)) if index is None else enumerate_cells()[index]

    def live_edges(self) -> frozenset[int]:
        """Positions in `EDGES` of the edges with an operation that lie on a path from input to output."""
        used = [(edge, *EDGES[edge]) for edge, operation in enumerate(self.operations) if operation != "none"]
        from_input, to_output = {0}, {EDGES[-1][1]}
        for _, source, target in used:
            if source in from_input:
                from_input.add(target)
        for _, source, target in reversed(used):
            if target in to_output:
                to_output.add(source)
        return frozenset(edge for edge, source, target in used if source in from_input and target in to_output)

    def twins(self) -> Sequence[Cell]:
        """The other cells of its class, by index: whatever they differ in, they compute the same function."""
        return [cell for cell in _classes()[self.canonical()] if cell != self]

    def neighbours(self) -> Sequence[Edit]:
        """The 24 cells that differ from it in one edge, in the order of `EDGES` and `OPERATIONS`."""
        return [
            Edit(edge, operation, Cell((*self.operations[:edge], operation, *self.operations[edge + 1 :])))
            for edge in range(len(EDGES))
            for operation in OPERATIONS
            if operation != self.operations[edge]
        ]

    def __str__(self) -> str:
        """The official architecture string."""
        a, b, c, d, e, f = self.operations
        return f"|{a}~0|+|{b}~0|{c}~1|+|{d}~0|{e}~1|{f}~2|"


class Edit(NamedTuple):
    """A change of one edge: its position in `EDGES`, its new operation, and the cell that this gives."""

    edge: int
    operation: str
    cell: Cell


@cache
def enumerate_cells() -> Sequence[Cell]:
    """All 15,625 cells in official order: the cell at position i has index i."""
    order: np.ndarray = np.load(str(files("backend.data") / "nas_bench_201_order.npy"))
    base = len(OPERATIONS)
    return tuple(
        Cell(tuple(OPERATIONS[code // base**edge % base] for edge in range(len(EDGES)))) for code in order.tolist()
    )


@cache
def class_indices() -> Sequence[int | None]:
    """For each cell in official order its representative's index, which names its class; None if it is disconnected.

    They are kept in a file: working out all classes takes seconds.
    """
    classes: np.ndarray = np.load(str(files("backend.data") / "nas_bench_201_classes.npy"))
    return tuple(None if index < 0 else index for index in classes.tolist())


@cache
def cell_indices() -> Mapping[tuple[str, ...], int]:
    """The official index of a cell by its operations."""
    return {cell.operations: index for index, cell in enumerate(enumerate_cells())}


@lru_cache(maxsize=NUM_CELLS)
def _expression(operations: tuple[str, ...]) -> Expression:
    return reduce_cell(operations, EDGES)


@cache
def _classes() -> Mapping[Expression, Sequence[Cell]]:
    classes: dict[Expression, list[Cell]] = {}
    for cell in enumerate_cells():
        classes.setdefault(cell.canonical(), []).append(cell)
    return classes
