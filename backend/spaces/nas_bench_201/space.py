"""NAS-Bench-201 as a search space: its cells at the widths and depths that a search allows."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace, SpaceSection, Words
from backend.spaces.capabilities import FastEngine, HasTruth, KnownCosts, Parameter, SizeWords
from backend.spaces.drawing import Drawing, DrawnEdge
from backend.spaces.nas_bench_201.cell import (
    EDGES,
    NUM_CELLS,
    OPERATIONS,
    Cell,
    cell_indices,
    class_indices,
    enumerate_cells,
)
from backend.spaces.nas_bench_201.notations import ACCEPTED, parse_cell
from backend.spaces.nas_bench_201.options import EDGE_KEYS, TRAINED_SIZE, CellChoices, NasBench201Section

if TYPE_CHECKING:
    import optuna
    import pandas as pd
    from optuna.distributions import CategoricalDistribution
    from torch import nn

    from backend.spaces.task import Task

_KEY = re.compile(r"(?P<arch>\S+)(?: C=(?P<C>[1-9]\d{0,3}) N=(?P<N>[1-9]\d{0,3}))?")
_LARGEST_SIZE = 10_000
_SHOWN = ("none", "skip", "conv 3×3", "conv 1×1", "avg pool 3×3")
_CALLED = tuple(zip(OPERATIONS, _SHOWN, strict=True))
_PLACES = ((0.0, 0.0), (2.0, 2.5), (2.0, 0.95), (4.0, 0.0))
"""A drawing of the complete graph on four nodes in which no two edges cross."""
_NODES = ("input of the cell", "node 1", "node 2", "output of the cell")
_DISCONNECTED = "disconnected: no path leads from its input to its output"


@dataclass(frozen=True)
class CellArchitecture:
    """A cell at a width C and with N cells a stage."""

    cell: Cell
    channels: int = TRAINED_SIZE[0]
    cells_per_stage: int = TRAINED_SIZE[1]

    @property
    def is_indexed(self) -> bool:
        """Whether it is one of the networks that the benchmark trained."""
        return (self.channels, self.cells_per_stage) == TRAINED_SIZE

    @property
    def key(self) -> str:
        """The official string, followed by C and N where they are not the benchmark's."""
        return f"{self.cell}{self._size}"

    @property
    def class_key(self) -> str:
        """Index of the representative of the cell's class, or of the cell where it is disconnected."""
        representative = class_indices()[self.cell.index]
        return f"{self.cell.index if representative is None else representative}{self._size}"

    @property
    def invalid(self) -> str | None:
        """Why it cannot be scored: no path leads through it."""
        return None if class_indices()[self.cell.index] is not None else _DISCONNECTED

    @property
    def params(self) -> Mapping[str, int | str]:
        """Optuna's parameters; enqueueing them samples it."""
        return {**dict(zip(EDGE_KEYS, self.cell.operations, strict=True)), **self._sizes}

    @property
    def _sizes(self) -> Mapping[str, int]:
        return {"C": self.channels, "N": self.cells_per_stage}

    @property
    def _size(self) -> str:
        return size_suffix(self.channels, self.cells_per_stage)


def size_suffix(channels: int, cells_per_stage: int) -> str:
    """What a key says of a network's size: nothing of the benchmark's."""
    return "" if (channels, cells_per_stage) == TRAINED_SIZE else f" C={channels} N={cells_per_stage}"


class NasBench201(SearchSpace):
    """The cells whose edges keep to the configured options, at each configured width and depth.

    Each edge is a categorical parameter ``op_i_j`` (edge j → i) whose values are operation names; C and N are
    categorical as well, so that a study made with them reads the same in any Optuna tool.

    Args:
        choices: options of each edge, widths and depths; without them, all cells as the benchmark trained them.
    """

    name = "nas_bench_201"
    title = "NAS-Bench-201"
    words = Words("cell", "cells", "edge", "operation")
    aliases = ("graph/software/zero_cost",)
    indexed = "cell of the benchmark's networks (C = 16, N = 5)"
    notations = ACCEPTED
    empty = "op_1_0 … op_3_2: no cell of these options connects input to output; allow more operations"
    section = NasBench201Section
    providers: ClassVar[Mapping[type, str]] = {
        HasTruth: "backend.truth.nas_bench_201:NasBench201Truth",
        KnownCosts: "backend.truth.nas_bench_201:NasBench201Costs",
        FastEngine: "backend.scoring.engines.nas_bench_201.engine:NasBench201Engine",
    }

    def __init__(self, choices: CellChoices | None = None) -> None:
        self.choices = choices or CellChoices()
        self._operations = [[OPERATIONS[number] for number in self.choices.options(edge)] for edge in EDGE_KEYS]
        self._options: dict[str, Sequence[Any]] = {
            **dict(zip(EDGE_KEYS, self._operations, strict=True)),
            "C": self.choices.C,
            "N": self.choices.N,
        }

    def restricted(self, section: SpaceSection) -> Self:
        """The space of a search file's choices."""
        assert isinstance(section, NasBench201Section)
        return type(self)(section.choices)

    def suggest(self, trial: optuna.Trial) -> CellArchitecture:
        """Draw a cell through a trial."""
        return self.of_params(
            {name: trial.suggest_categorical(name, options) for name, options in self._options.items()}
        )

    def parse(self, text: str) -> CellArchitecture:
        """Read an official architecture string, with or without C and N behind it.

        >>> NasBench201().parse("|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2| C=8 N=1").channels
        8
        """
        match = _KEY.fullmatch(text.strip())
        if match is None or match["C"] is None:
            return CellArchitecture(Cell.parse(text))
        return CellArchitecture(Cell.parse(match["arch"]), int(match["C"]), int(match["N"]))

    def read(self, text: str) -> CellArchitecture:
        """Read a cell in any of the notations that are in use, or the key of another size."""
        match = _KEY.fullmatch(text.strip())
        return self.parse(text) if match and match["C"] else CellArchitecture(parse_cell(text))

    @staticmethod
    def key_of_earlier(arch: str, params: Mapping[str, Any]) -> str:
        """The key of a trial of version 0.1, which recorded the cell's string and the size among its parameters."""
        size = params.get("C", TRAINED_SIZE[0]), params.get("N", TRAINED_SIZE[1])
        return f"{arch}{size_suffix(*size)}"

    def build(self, architecture: Architecture, task: Task) -> nn.Module:
        """The network of the literal cell."""
        from backend.spaces.nas_bench_201.network import build_network  # noqa: PLC0415  loads PyTorch

        assert isinstance(architecture, CellArchitecture)
        sizes = architecture.channels, architecture.cells_per_stage
        return build_network(architecture.cell, task.num_outputs, *sizes)

    def attributes(self, architecture: Architecture) -> Mapping[str, Any]:
        """The cell's string and index, under the names of the mission's tables."""
        assert isinstance(architecture, CellArchitecture)
        return {"arch": str(architecture.cell), "index": architecture.cell.index}

    def check_recorded(self, attributes: Mapping[str, Any], params: Mapping[str, Any]) -> None:
        """See :meth:`SearchSpace.check_recorded`: string, index, key and size are of one cell's network."""
        arch, index = attributes.get("arch"), attributes.get("index")
        if arch is None:
            if index is not None:
                raise UserError("a trial names the index of its cell without its architecture")
            return
        known = Cell.parse(arch).index
        if index is not None and index != known:
            raise UserError(f"a trial names cell {index} and the architecture of cell {known}")
        for name in self.sizes:
            if name not in params:
                raise UserError(f"a trial with a cell has no parameter {name}")
            if type(params[name]) is not int or not 0 < params[name] < _LARGEST_SIZE:
                raise UserError(f"a trial's {name} is no size of a network: {params[name]!r}")
        key = self.key_of_earlier(arch, params)
        if attributes.get("architecture", key) != key:
            raise UserError(f"a trial names the architecture {key!r} and another one beside it")

    def has_class(self, class_key: str) -> bool:
        """Whether it is the index of a cell, with or without C and N behind it."""
        match = _KEY.fullmatch(class_key)
        return match is not None and match["arch"].isdecimal() and int(match["arch"]) < NUM_CELLS

    def label(self, architecture: Architecture) -> Label:
        """The official index of a network that the benchmark trained, else the key."""
        assert isinstance(architecture, CellArchitecture)
        return architecture.cell.index if architecture.is_indexed else architecture.key

    def at(self, label: Label) -> CellArchitecture:
        """The architecture of an official index, or of a key."""
        return self.parse(label) if isinstance(label, str) else CellArchitecture(Cell.from_index(int(label)))

    def description(self, architecture: Architecture) -> str:
        """The function that a cell computes."""
        assert isinstance(architecture, CellArchitecture)
        if architecture.invalid:
            return "Nothing connects its input to its output."
        function = architecture.cell.canonical()
        return f"It computes {function}, where P pools and each convolution has its own weights."

    @cached_property
    def distributions(self) -> Mapping[str, CategoricalDistribution]:
        """Optuna's distributions of the parameters that have a choice."""
        from optuna.distributions import CategoricalDistribution  # noqa: PLC0415  what asks has loaded Optuna

        choices = {name: options for name, options in self._options.items() if len(options) > 1}
        return {name: CategoricalDistribution(options) for name, options in choices.items()}

    def of_params(self, params: Mapping[str, Any]) -> CellArchitecture:
        """The architecture of Optuna's parameters; those without a choice may be left out."""
        *operations, width, depth = (params.get(name, options[0]) for name, options in self._options.items())
        return CellArchitecture(Cell(tuple(operations)), width, depth)

    @property
    def size(self) -> int:
        """15,625."""
        return NUM_CELLS

    def members(self) -> Iterator[CellArchitecture]:
        """Every connected cell that the options allow, at each width and depth."""
        sizes = list(itertools.product(self.choices.C, self.choices.N))
        return (CellArchitecture(cell, width, depth) for cell in self.connected_cells for width, depth in sizes)

    def classes(self) -> pd.Series[float]:
        """The index of each cell's representative, by official index; NaN for a disconnected cell."""
        return _classes().copy(deep=False)

    def is_indexed(self, trials: pd.DataFrame) -> pd.Series[bool]:
        """Which rows of a table of trials are networks that the benchmark trained."""
        channels, cells_per_stage = TRAINED_SIZE
        return (trials["C"] == channels) & (trials["N"] == cells_per_stage) & trials["index"].notna()

    @property
    def combinations(self) -> int:
        """Number of choices of an operation for each edge, connected or not; each is a cell."""
        return math.prod(map(len, self._operations))

    @property
    def distinct_cells(self) -> int:
        """Number of connected cells no two of which compute the same function."""
        classes = class_indices()
        return len({classes[cell.index] for cell in self.connected_cells})

    @cached_property
    def connected_cells(self) -> list[Cell]:
        """The cells of the options with a path from input to output."""
        classes, cells = class_indices(), enumerate_cells()
        indices = map(cell_indices().__getitem__, itertools.product(*self._operations))
        return [cells[index] for index in indices if classes[index] is not None]

    @property
    def features_help(self) -> str:
        """What the features are."""
        return (
            "Features of the live part of the cell's graph: the operation on each edge, their counts, paths from input "
            "to output and what is on them."
        )

    def features(self, labels: Iterable[Label]) -> pd.DataFrame:
        """Features of the live part of each cell's graph."""
        from backend.spaces.nas_bench_201.features import graph_features  # noqa: PLC0415

        return graph_features(Cell.from_index(int(label)) for label in labels)

    @property
    def groupings(self) -> Mapping[str, str]:
        """Counts of operations, paths, and the operation of each edge."""
        from backend.spaces.nas_bench_201.features import GROUPINGS  # noqa: PLC0415

        return {grouping.name: grouping.title for grouping in GROUPINGS}

    def groups(self, grouping: str, labels: Iterable[Label]) -> pd.Series:
        """The group of each cell, by official index."""
        from backend.spaces.nas_bench_201.features import GROUPINGS, group_cells  # noqa: PLC0415

        return group_cells(next(item for item in GROUPINGS if item.name == grouping), map(int, labels))

    def neighbours(self, architecture: Architecture) -> Sequence[CellArchitecture]:
        """The 24 cells that differ in one edge."""
        assert isinstance(architecture, CellArchitecture)
        sizes = architecture.channels, architecture.cells_per_stage
        return [CellArchitecture(edit.cell, *sizes) for edit in architecture.cell.neighbours()]

    def drawing(self, architecture: Architecture) -> Drawing:
        """The four nodes and six edges of the cell."""
        assert isinstance(architecture, CellArchitecture)
        live = architecture.cell.live_edges()
        pairs = enumerate(zip(EDGES, architecture.cell.operations, EDGE_KEYS, strict=True))
        drawn = tuple(DrawnEdge(*ends, name, edge in live, key) for edge, (ends, name, key) in pairs)
        return Drawing(("in", "1", "2", "out"), drawn, _PLACES, _CALLED, OPERATIONS[0], _NODES)

    @property
    def parameters(self) -> Sequence[Parameter]:
        """The operation of each edge."""
        return [
            Parameter(key, f"{source} → {target}", OPERATIONS, _SHOWN)
            for key, (source, target) in zip(EDGE_KEYS, EDGES, strict=True)
        ]

    @property
    def sizes(self) -> Sequence[str]:
        """Width C and depth N."""
        return ("C", "N")

    def of_key(self, key: str) -> Mapping[str, str]:
        """The operation of each edge of a cell, by its parameter."""
        return dict(zip(EDGE_KEYS, self.parse(key).cell.operations, strict=True))

    @property
    def choices_help(self) -> str:
        """What the choices are."""
        return "Operations allowed on each edge of the cell: node 0 is its input, node 3 its output."

    @property
    def bundles(self) -> Mapping[str, tuple[int, ...]]:
        """Numbers of operations to allow on every edge at once."""
        return {
            "Every operation": tuple(range(len(OPERATIONS))),
            "No pooling": (0, 1, 2, 3),
            "Convolutions and skips": (1, 2, 3),
            "Convolutions": (2, 3),
        }

    @property
    def size_words(self) -> Mapping[str, SizeWords]:
        """What pages call C and N."""
        words = "One number, or several with commas between. True accuracies are known for C = 16, N = 5."
        width = "Channels of the first stage; the later ones have 2C and 4C."
        return {
            "C": SizeWords("Channels C", width, "Channels C of the first stage", words),
            "N": SizeWords("Cells a stage N", "Cells in each of the three stages.", "Cells a stage N", words),
        }

    def left(self) -> str:
        """How many cells and networks the choices leave."""
        sizes = len(self.choices.C) * len(self.choices.N)
        connected = len(self.connected_cells)
        networks = f" at {sizes} sizes: **{connected * sizes:,}** connected networks to score" if sizes > 1 else ""
        return (
            f"These choices leave **{connected:,}** connected cells of {self.combinations:,} combinations{networks}. "
            f"**{self.distinct_cells:,}** of the cells are distinct: the others compute the same, and cost nothing."
        )


@cache
def _classes() -> pd.Series[float]:
    import pandas as pd  # noqa: PLC0415 - to name the space, or to list its studies, needs none of it

    classes = pd.array(class_indices(), dtype="Int64")
    return pd.Series(classes, index=pd.RangeIndex(len(classes), name="index")).astype("Float64")
