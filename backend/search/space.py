"""The cells that a search may sample, and how Optuna's parameters name them."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import optuna

from backend.cells import EDGES, OPERATIONS, Cell
from backend.search.config import CellChoices


@dataclass(frozen=True)
class Candidate:
    """One point of the space: a cell at a width C and with N cells a stage."""

    cell: Cell
    channels: int
    cells_per_stage: int


class SearchSpace:
    """The cells whose edges keep to the configured options, at each configured width and depth.

    Each edge is a categorical parameter ``op_i_j`` (edge j → i) whose values are operation names; C and N are
    categorical as well, so that a study made with them reads the same in any Optuna tool.
    """

    def __init__(self, choices: CellChoices) -> None:
        self._options = [
            [OPERATIONS[number] for number in choices.options(f"op_{target}_{source}")] for source, target in EDGES
        ]
        self._widths, self._depths = choices.C, choices.N

    def suggest(self, trial: optuna.Trial) -> Candidate:
        """Sample a candidate through a trial of Optuna."""
        operations = tuple(
            trial.suggest_categorical(f"op_{target}_{source}", options)
            for (source, target), options in zip(EDGES, self._options, strict=True)
        )
        width = trial.suggest_categorical("C", self._widths)
        depth = trial.suggest_categorical("N", self._depths)
        return Candidate(Cell(operations), width, depth)

    def parameters(self, candidate: Candidate) -> dict[str, Any]:
        """Optuna's parameters of a candidate; enqueueing them samples it."""
        edges = {
            f"op_{target}_{source}": operation
            for (source, target), operation in zip(EDGES, candidate.cell.operations, strict=True)
        }
        return {**edges, "C": candidate.channels, "N": candidate.cells_per_stage}

    def candidates(self) -> Iterator[Candidate]:
        """Every candidate whose cell is connected."""
        for cell in self.connected_cells:
            for width, depth in itertools.product(self._widths, self._depths):
                yield Candidate(cell, width, depth)

    def __len__(self) -> int:
        """Number of candidates whose cell is connected."""
        return len(self.connected_cells) * len(self._widths) * len(self._depths)

    @cached_property
    def connected_cells(self) -> list[Cell]:
        """The cells of the space with a path from input to output."""
        cells = (Cell(operations) for operations in itertools.product(*self._options))
        return [cell for cell in cells if cell.connected]
