"""The score store: what was scored once is found again, and nothing else is."""

import hashlib
import math
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace

import pytest
import torch

from backend import proxies
from backend.datasets.batch import Batch, load_batch
from backend.scoring.scorer import setting_of
from backend.search.measure import ComputedScores
from backend.search.problem import SearchProblem
from backend.search.score_store import ScoreStore
from backend.spaces.nas_bench_201.cell import Cell, enumerate_cells
from backend.spaces.nas_bench_201.space import CellArchitecture
from backend.storage.database import Database, open_database
from tests.conftest import cheap_config

CELL = Cell.from_index(5115)
SETTING = "a" * 64
KEY = ("nas_bench_201", 1, "5115")


@pytest.fixture
def store(database: Database) -> ScoreStore:
    return ScoreStore(database.engine)


def test_scores_are_found_under_their_own_key_alone(store: ScoreStore) -> None:
    store.put(SETTING, *KEY, {"snip": 1.5, "l2_norm": 1e300})
    assert store.get(SETTING, *KEY, ["snip", "l2_norm", "grasp"]) == {"snip": 1.5, "l2_norm": 1e300}
    assert store.get(SETTING, *KEY, ["grasp"]) == {}
    assert store.get("b" * 64, *KEY, ["snip"]) == {}
    assert store.get(SETTING, *key_of(Cell.from_index(6111)), ["snip"]) == {}


def test_twins_share_their_scores(store: ScoreStore) -> None:
    twin = next(cell for cell in enumerate_cells() if cell != CELL and cell.connected and _has_twin(cell))
    other = next(cell for cell in enumerate_cells() if cell != twin and cell.canonical() == twin.canonical())
    store.put(SETTING, *key_of(twin), {"snip": 2.0})
    assert store.get(SETTING, *key_of(other), ["snip"]) == {"snip": 2.0}


def test_params_belong_to_the_literal_cell_and_are_not_kept(store: ScoreStore) -> None:
    store.put(SETTING, *KEY, {"params": 1.0, "flops": 2.0})
    assert store.get(SETTING, *KEY, ["params", "flops"]) == {}


def test_what_is_not_finite_is_not_kept(store: ScoreStore) -> None:
    store.put(SETTING, *KEY, {"snip": math.nan, "grasp": math.inf, "l2_norm": 0.0})
    assert store.get(SETTING, *KEY, ["snip", "grasp", "l2_norm"]) == {"l2_norm": 0.0}


def test_the_first_score_stays(store: ScoreStore) -> None:
    store.put(SETTING, *KEY, {"snip": 1.0})
    store.put(SETTING, *KEY, {"snip": 2.0, "grasp": 3.0})
    assert store.get(SETTING, *KEY, ["snip", "grasp"]) == {"snip": 1.0, "grasp": 3.0}


@pytest.fixture
def counting_proxy() -> Iterator[str]:
    """A proxy that can change its version."""

    @proxies.register(reads=("images",), version=1)
    def counting(images: object) -> float:
        return 1.0

    yield "counting"
    del proxies.registry._PROXIES["counting"]


def test_a_changed_definition_never_serves_old_values(store: ScoreStore, counting_proxy: str) -> None:
    store.put(SETTING, *KEY, {counting_proxy: 1.0})
    registry = proxies.registry._PROXIES
    registry[counting_proxy] = replace(registry[counting_proxy], version=2)
    assert store.get(SETTING, *KEY, [counting_proxy]) == {}
    store.put(SETTING, *KEY, {counting_proxy: 7.0})
    assert store.get(SETTING, *KEY, [counting_proxy]) == {counting_proxy: 7.0}


def test_the_setting_is_all_that_a_score_depends_on() -> None:
    def setting(dataset: str = "cifar10", images: int = 4, seed: int = 0) -> str:
        return setting_of(load_batch(dataset, images, seed), seed)

    others = [setting("cifar100"), setting(images=8), setting(seed=1)]
    assert setting() == setting()
    assert len({setting(), *others}) == 4
    assert setting("cifar10-valid") == setting("cifar10")
    sizes = [CellArchitecture(CELL, *size).class_key for size in ((16, 5), (8, 5), (16, 1))]
    assert sizes == ["5115", "5115 C=8 N=5", "5115 C=16 N=1"]


def test_settings_of_earlier_versions_are_found_again() -> None:
    noise = Batch(torch.zeros(2, 3, 8, 8), torch.tensor([0, 1]), 10, "")
    digest = hashlib.sha256(
        b"7 16 5 10" + bytes(2 * 3 * 8 * 8 * 4) + (0).to_bytes(8, "little") + (1).to_bytes(8, "little")
    )
    assert setting_of(noise, 7) == digest.hexdigest()


def test_a_second_study_scores_nothing_again(database: Database) -> None:
    problem, architecture = SearchProblem(cheap_config()), CellArchitecture(CELL)
    first = ComputedScores(problem, database.engine).scores(architecture, ["l2_norm", "params"])
    again = ComputedScores(problem, database.engine).scores(architecture, ["l2_norm"])
    assert (first.computed, again.computed) == (True, False)
    assert again.values == {"l2_norm": first.values["l2_norm"]}


def _put(url_and_number: tuple[str, int]) -> None:
    url, number = url_and_number
    database = open_database(url)
    database.prepare()
    store = ScoreStore(database.engine)
    for index in range(40):
        store.put(SETTING, *key_of(Cell.from_index(index)), {"snip": float(number), "grasp": float(number)})


@pytest.mark.slow
def test_several_processes_write_at_once_without_loss(database: Database, store: ScoreStore) -> None:
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as pool:
        list(pool.map(_put, [(database.url, number) for number in range(3)]))
    for index in range(40):
        scores = store.get(SETTING, *key_of(Cell.from_index(index)), ["snip", "grasp"])
        assert scores["snip"] == scores["grasp"]


def key_of(cell: Cell) -> tuple[str, int, str]:
    return "nas_bench_201", 1, str(cell.representative().index)


def _has_twin(cell: Cell) -> bool:
    return cell.representative() != cell
