"""The cells that a search may sample, and how Optuna's parameters name them."""

import itertools
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState

from backend.config.sections import CellChoices
from backend.spaces.nas_bench_201.cell import EDGES, OPERATIONS, Cell, class_indices
from backend.studies import trials as records


@dataclass(frozen=True)
class Candidate:
    """One point of the space: a cell at a width C and with N cells a stage."""

    cell: Cell
    channels: int
    cells_per_stage: int

    @property
    def key(self) -> str:
        """A short text of its own."""
        return f"{self.cell.index} {self.channels} {self.cells_per_stage}"


class SearchSpace:
    """The cells whose edges keep to the configured options, at each configured width and depth.

    Each edge is a categorical parameter ``op_i_j`` (edge j → i) whose values are operation names; C and N are
    categorical as well, so that a study made with them reads the same in any Optuna tool.

    Args:
        choices: options of each edge, widths and depths.
        keeps: whether a candidate with a connected cell is wanted; None wants all.
    """

    def __init__(self, choices: CellChoices, keeps: Callable[[Candidate], bool] | None = None) -> None:
        self._keeps = keeps
        self._options = [
            [OPERATIONS[number] for number in choices.options(f"op_{target}_{source}")] for source, target in EDGES
        ]
        self._widths, self._depths = choices.C, choices.N
        names = [f"op_{target}_{source}" for source, target in EDGES]
        self._options_by_name: dict[str, Sequence[Any]] = {
            **dict(zip(names, self._options, strict=True)),
            "C": choices.C,
            "N": choices.N,
        }

    def suggest(self, trial: optuna.Trial) -> Candidate:
        """Sample a candidate through a trial of Optuna."""
        return self.candidate(
            {name: trial.suggest_categorical(name, options) for name, options in self._options_by_name.items()}
        )

    @cached_property
    def distributions(self) -> dict[str, CategoricalDistribution]:
        """Optuna's distributions of the parameters that have a choice."""
        choices = {name: options for name, options in self._options_by_name.items() if len(options) > 1}
        return {name: CategoricalDistribution(options) for name, options in choices.items()}

    def candidate(self, parameters: Mapping[str, Any]) -> Candidate:
        """The candidate of Optuna's parameters; those without a choice may be left out."""
        *operations, width, depth = (
            parameters.get(name, options[0]) for name, options in self._options_by_name.items()
        )
        return Candidate(Cell(tuple(operations)), width, depth)

    def draw(self, generator: random.Random) -> Candidate:
        """A candidate at random, all choices alike."""
        return self.candidate({name: generator.choice(options) for name, options in self._options_by_name.items()})

    def edited(self, candidate: Candidate, generator: random.Random) -> Candidate:
        """A candidate that differs in one parameter, at random; the same one in a space without a choice."""
        parameters = self.parameters(candidate)
        if self.distributions:
            name = generator.choice(list(self.distributions))
            parameters[name] = generator.choice([o for o in self._options_by_name[name] if o != parameters[name]])
        return self.candidate(parameters)

    def parameters(self, candidate: Candidate) -> dict[str, Any]:
        """Optuna's parameters of a candidate; enqueueing them samples it."""
        edges = {
            f"op_{target}_{source}": operation
            for (source, target), operation in zip(EDGES, candidate.cell.operations, strict=True)
        }
        return {**edges, "C": candidate.channels, "N": candidate.cells_per_stage}

    def candidates(self) -> Iterator[Candidate]:
        """Every wanted candidate whose cell is connected."""
        return self._connected() if self._keeps is None else iter(self._kept)

    def __len__(self) -> int:
        """Number of wanted candidates whose cell is connected."""
        if self._keeps is None:
            return len(self.connected_cells) * len(self._widths) * len(self._depths)
        return len(self._kept)

    def _connected(self) -> Iterator[Candidate]:
        sizes = list(itertools.product(self._widths, self._depths))
        return (Candidate(cell, width, depth) for cell in self.connected_cells for width, depth in sizes)

    @cached_property
    def _kept(self) -> list[Candidate]:
        return list(filter(self._keeps, self._connected()))

    @property
    def combinations(self) -> int:
        """Number of choices of an operation for each edge, connected or not; each is a cell."""
        return math.prod(map(len, self._options))

    @property
    def distinct_cells(self) -> int:
        """Number of connected cells no two of which compute the same function: each of them is scored once."""
        classes = class_indices()
        return len({classes[cell.index] for cell in self.connected_cells})

    @cached_property
    def connected_cells(self) -> list[Cell]:
        """The cells of the space with a path from input to output."""
        cells = (Cell(operations) for operations in itertools.product(*self._options))
        return [cell for cell in cells if cell.connected]


def candidate_of(trial: optuna.trial.FrozenTrial) -> Candidate | None:
    """The candidate of a finished trial; None for one that ended before it was sampled whole, or was given up."""
    arch, failed_early = trial.user_attrs.get(records.ARCH), trial.state == TrialState.FAIL
    if arch is None or (failed_early and records.REASON not in trial.user_attrs):
        return None
    return Candidate(Cell.parse(arch), trial.params["C"], trial.params["N"])
