"""A sampler's proposals reach the search, and only what the search knows is exchanged for what is near."""

from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from backend.search.samplers import DistinctSampler
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture, NasBench201

SPACE = NasBench201()
GOOD = CellArchitecture(Cell.from_index(6111))
DISCONNECTED = CellArchitecture(Cell(("none",) * 6))


class _Always(optuna.samplers.RandomSampler):
    def __init__(self, candidate: CellArchitecture | None) -> None:
        super().__init__(seed=0)
        self._candidate = candidate

    def sample_relative(self, study: Any, trial: FrozenTrial, search_space: dict[str, Any]) -> dict[str, Any]:
        return dict(self._candidate.params) if self._candidate else {}


def proposals(base: BaseSampler, count: int, seed: int = 0) -> list[CellArchitecture]:
    """What a search is given that has had all that it was given before."""
    known: list[CellArchitecture] = []
    study = optuna.create_study(sampler=DistinctSampler(base, SPACE, lambda candidate: candidate in known, seed))
    for _ in range(count):
        candidate = SPACE.suggest(study.ask())
        known.append(candidate)
    return known


def edits(first: CellArchitecture, second: CellArchitecture) -> int:
    return sum(a != b for a, b in zip(first.cell.operations, second.cell.operations, strict=True))


def test_a_new_proposal_is_passed_on() -> None:
    assert proposals(_Always(GOOD), 1) == [GOOD]


def test_a_known_proposal_is_exchanged_for_a_neighbour_nobody_has_had() -> None:
    given = proposals(_Always(GOOD), 20)
    assert len(set(given)) == 20
    assert all(edits(GOOD, candidate) <= 3 for candidate in given)
    assert sum(edits(GOOD, candidate) == 1 for candidate in given) >= 10


def test_a_disconnected_proposal_is_exchanged_for_a_connected_cell() -> None:
    (candidate,) = proposals(_Always(DISCONNECTED), 1)
    assert candidate.cell.connected
    assert edits(DISCONNECTED, candidate) <= 3


def test_without_a_proposal_cells_are_drawn_from_the_whole_space_and_the_seed_decides_which() -> None:
    given = proposals(_Always(None), 200)
    for edge in range(6):
        assert len({candidate.cell.operations[edge] for candidate in given}) == 5
    assert given == proposals(_Always(None), 200)
    assert given != proposals(_Always(None), 200, seed=1)
