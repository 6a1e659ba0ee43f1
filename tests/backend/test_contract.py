"""The names that other programs import stay where they are, wherever the code behind them moves."""

from importlib import import_module

import pytest
import torch

from backend.benchmark import query
from backend.cells import Cell, enumerate_cells
from backend.network import build_network
from backend.proxies import available, register
from backend.scoring import score_cell, score_network


def test_a_program_of_an_earlier_version_runs() -> None:
    cell = Cell.from_index(6111)
    assert Cell.parse(str(cell)).index == 6111
    assert cell.connected
    assert cell.canonical() == Cell.parse(str(cell)).canonical()
    assert sum(1 for _ in enumerate_cells()) == 15_625
    network = build_network(cell, 10, channels=4, cells_per_stage=1)
    assert [name for name, _ in network.named_children()] == ["stem", "blocks", "norm", "classifier"]
    scores = score_network(network, torch.randn(4, 3, 8, 8), torch.tensor([0, 1, 2, 3]), ["snip"])
    assert scores["snip"] > 0
    assert score_cell(cell, "cifar10", ["params"], batch_size=2, seed=0, device="cpu")["params"] > 0
    assert {"naswot", "zen", "params"} <= set(available())
    assert callable(register)
    assert query(cell, "cifar10", epochs=200)["test-accuracy"] > 90


@pytest.mark.parametrize(
    ("thin", "behind"),
    [
        ("backend.cells", ["backend.spaces.nas_bench_201.cell"]),
        ("backend.network", ["backend.spaces.nas_bench_201.network"]),
        ("backend.benchmark", ["backend.truth", "backend.datasets.info"]),
    ],
)
def test_a_thin_module_hands_on_what_stands_behind_it(thin: str, behind: list[str]) -> None:
    names = import_module(thin).__all__
    assert names
    for name in names:
        homes = [module for module in map(import_module, behind) if hasattr(module, name)]
        assert [getattr(module, name) for module in homes] == [getattr(import_module(thin), name)], name
