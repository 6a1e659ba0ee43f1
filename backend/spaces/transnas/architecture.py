"""The architectures of the two spaces: a backbone of basic blocks, and a cell in a fixed backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import ClassVar, Final, Self

from backend.errors import UserError
from backend.spaces.base import Architecture
from backend.spaces.expression import Expression, reduce_cell
from backend.spaces.transnas.backbone import BASE_CHANNELS, MODULES

LENGTHS: Final = (4, 5, 6)
"""How many modules a macro backbone can have."""
MOST_DOUBLINGS: Final = 3
MOST_HALVINGS: Final = 4
MODULE_KEYS: Final = tuple(f"module_{number}" for number in range(1, max(LENGTHS) + 1))
"""Names of a macro architecture's parameters."""
NO_MODULE: Final = "none"
"""The value of the parameter of a module that there is not."""

CELL_BACKBONE: Final = "41414"
"""Of all micro architectures."""
EDGES: Final = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""Source and target of a cell's edges, in the order of a string's digits: node 0 is the input, node 3 the output."""
EDGE_KEYS: Final = tuple(f"edge_{source}_{target}" for source, target in EDGES)
"""Names of a micro architecture's parameters."""
OPERATIONS: Final = ("none", "skip", "conv_1x1", "conv_3x3")
"""What an edge can do, in the order of a string's digits."""
NO_PATH: Final = "disconnected: no path leads from its input to its output"


@dataclass(frozen=True)
class MacroArchitecture:
    """A backbone of ResNet's basic blocks: no two of them compute the same function.

    Attributes:
        backbone: four to six digits, one a module (:data:`backend.spaces.transnas.backbone.MODULES`).
    """

    backbone: str

    names: ClassVar[Mapping[str, str]] = {digit: module.name for digit, module in MODULES.items()}

    @classmethod
    def of_index(cls, index: int) -> Self:
        """The architecture of an index: short backbones first, then by their digits.

        Raises:
            UserError: the index is out of range.

        >>> MacroArchitecture.of_index(0).key
        '64-1114-basic'
        """
        return cls(_checked(macro_backbones(), index))

    @property
    def index(self) -> int:
        """Position among all backbones, in their order."""
        return _macro_positions()[self.backbone]

    @property
    def key(self) -> str:
        """As the benchmark writes it."""
        return f"{BASE_CHANNELS}-{self.backbone}-basic"

    @property
    def class_key(self) -> str:
        """The key: two backbones differ in a shape that some features have."""
        return self.key

    @property
    def invalid(self) -> None:
        """None: every backbone makes a network."""
        return

    @property
    def params(self) -> Mapping[str, str]:
        """The kind of each module, and "none" behind the last."""
        kinds = [self.names[digit] for digit in self.backbone]
        return dict(zip(MODULE_KEYS, [*kinds, *[NO_MODULE] * (len(MODULE_KEYS) - len(kinds))], strict=True))

    @property
    def doublings(self) -> int:
        """How many modules double the channels."""
        return sum(MODULES[digit].widens for digit in self.backbone)

    @property
    def halvings(self) -> int:
        """How many modules halve height and width."""
        return sum(MODULES[digit].shrinks for digit in self.backbone)


@dataclass(frozen=True)
class MicroArchitecture:
    """A cell: a directed graph of four nodes, each the sum of what arrives, in ten places of one backbone.

    Attributes:
        operations: of each edge, as digits in the order of :data:`EDGES`.
    """

    operations: str

    @classmethod
    def of_index(cls, index: int) -> Self:
        """The architecture of an index: the digits read as a number of base 4.

        Raises:
            UserError: the index is out of range.

        >>> MicroArchitecture.of_index(1).key
        '64-41414-0_00_001'
        """
        return cls(_checked(micro_cells(), index))

    @classmethod
    def of_names(cls, names: Sequence[str]) -> Self:
        """The architecture of six names of operations."""
        return cls("".join(str(OPERATIONS.index(name)) for name in names))

    @property
    def index(self) -> int:
        """Position among all cells, in their order."""
        return int(self.operations, len(OPERATIONS))

    @property
    def key(self) -> str:
        """As the benchmark writes it."""
        a, bc, rest = self.operations[:1], self.operations[1:3], self.operations[3:]
        return f"{BASE_CHANNELS}-{CELL_BACKBONE}-{a}_{bc}_{rest}"

    @property
    def class_key(self) -> str:
        """The key of :meth:`canonical`, or of the cell itself where nothing connects it."""
        return self.canonical().key

    @property
    def invalid(self) -> str | None:
        """Why it cannot be scored: no path leads through it."""
        return None if self.expression.output else NO_PATH

    @property
    def names(self) -> tuple[str, ...]:
        """The operation of each edge."""
        return tuple(OPERATIONS[int(digit)] for digit in self.operations)

    @property
    def params(self) -> Mapping[str, str]:
        """The operation of each edge, by the edge's name."""
        return dict(zip(EDGE_KEYS, self.names, strict=True))

    @property
    def expression(self) -> Expression:
        """What the cell computes; equal for two cells exactly if they compute the same function.

        A skip connection is the identity where it stays within the cell. Out of node 0 it is so only in blocks that
        keep the shape, and has weights in the others: there it is an operation of its own.
        """
        return _expression(self.operations)

    def canonical(self) -> Self:
        """The architecture that stands for all that compute the same function: the one with the fewest edges in use.

        >>> MicroArchitecture("030200").canonical().key, MicroArchitecture("330200").canonical().key
        ('64-41414-0_00_200', '64-41414-0_00_200')
        """
        return type(self)(_representatives()[self.operations])

    def live_edges(self) -> frozenset[int]:
        """Positions of the edges that lie on a path from input to output."""
        used = [(at, *ends) for at, ends in enumerate(EDGES) if self.operations[at] != "0"]
        reached, leads = {0}, {EDGES[-1][1]}
        for _, source, target in used:
            reached |= {target} if source in reached else set()
        for _, source, target in reversed(used):
            leads |= {source} if target in leads else set()
        return frozenset(at for at, source, target in used if source in reached and target in leads)

    def without_dead_edges(self) -> Self:
        """The cell without the edges that are on no path; nothing else of its function is worked out."""
        live = self.live_edges()
        return type(self)("".join(digit if at in live else "0" for at, digit in enumerate(self.operations)))

    def neighbours(self) -> list[Self]:
        """The 18 cells that differ in one edge."""
        return [
            type(self)(f"{self.operations[:at]}{number}{self.operations[at + 1 :]}")
            for at, digit in enumerate(self.operations)
            for number in range(len(OPERATIONS))
            if number != int(digit)
        ]


def of_benchmark(architecture: Architecture) -> MacroArchitecture | MicroArchitecture:
    """An architecture, known to be of one of the two spaces."""
    assert isinstance(architecture, MacroArchitecture | MicroArchitecture)
    return architecture


@cache
def macro_backbones() -> Sequence[str]:
    """All macro backbones: one to four modules halve the image, one to three double the channels."""
    every = ("".join(digits) for length in LENGTHS for digits in product(MODULES, repeat=length))
    return [
        backbone
        for backbone in every
        if 1 <= sum(MODULES[digit].widens for digit in backbone) <= MOST_DOUBLINGS
        and 1 <= sum(MODULES[digit].shrinks for digit in backbone) <= MOST_HALVINGS
    ]


@cache
def micro_cells() -> Sequence[str]:
    """All micro cells, as the digits of their edges."""
    return ["".join(digits) for digits in product("0123", repeat=len(EDGES))]


def _checked(every: Sequence[str], index: int) -> str:
    if not 0 <= index < len(every):
        raise UserError(f"architecture index {index} is out of range; valid are 0 to {len(every) - 1}")
    return every[index]


@cache
def _macro_positions() -> Mapping[str, int]:
    return {backbone: position for position, backbone in enumerate(macro_backbones())}


@cache
def _expression(operations: str) -> Expression:
    named = {"0": "none", "2": "nor_conv_1x1", "3": "nor_conv_3x3"}
    within, outward = named | {"1": "skip_connect"}, named | {"1": "shortcut"}
    used = [(within if source else outward)[digit] for (source, _), digit in zip(EDGES, operations, strict=True)]
    return reduce_cell(used, EDGES)


@cache
def _representatives() -> Mapping[str, str]:
    """By cell, the one of its class with the fewest edges in use, of those the first; a disconnected one is alone."""
    best: dict[Expression, str] = {}
    for cell in sorted(micro_cells(), key=lambda cell: (len(cell) - cell.count("0"), cell)):
        best.setdefault(_expression(cell), cell)
    return {cell: best[found] if (found := _expression(cell)).output else cell for cell in micro_cells()}
