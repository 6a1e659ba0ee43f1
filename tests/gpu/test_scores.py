"""Scores on a CUDA device against those on the CPU."""

from __future__ import annotations

import math

import pytest
import torch

from backend import proxies
from backend.scoring import Scorer, explain_network, resolve_device, score_network
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture
from tests.backend.scoring.ordinary import NETWORKS
from tests.backend.scoring.test_any_module import IMAGES, LABELS
from tests.backend.scoring.test_definitions import CELLS, TOLERANCES

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]

SHIPPED = tuple(name for name in proxies.available() if name in TOLERANCES)


@pytest.mark.parametrize("name", CELLS)
def test_scores_are_those_of_the_cpu(name: str) -> None:
    """Twice the tolerance of each: both sides are off by rounding."""
    cell = Cell.parse(CELLS[name])
    on_gpu, on_cpu = (
        Scorer("cifar10", SHIPPED, batch_size=16, device=device).score(
            CellArchitecture(cell, channels=8, cells_per_stage=1)
        )
        for device in ("cuda", "cpu")
    )
    for proxy in SHIPPED:
        assert math.isclose(on_gpu[proxy], on_cpu[proxy], rel_tol=2 * TOLERANCES[proxy]), proxy


def test_a_seed_fixes_every_bit() -> None:
    scorer = Scorer("cifar10", SHIPPED, batch_size=16, device="cuda")
    cell = Cell.parse(CELLS["every operation"])
    architecture = CellArchitecture(cell)
    assert scorer.score(architecture) == scorer.score(architecture)


@pytest.mark.parametrize("name", NETWORKS)
def test_any_module_has_the_scores_of_the_cpu(name: str) -> None:
    network = NETWORKS[name]().network
    computed = [proxy for proxy, reason in explain_network(network, IMAGES, LABELS).items() if not reason]
    on_cpu = score_network(network, IMAGES, LABELS, computed)
    assert score_network(network.cuda(), IMAGES, LABELS, computed) == pytest.approx(on_cpu, rel=1e-6)


def test_auto_takes_the_gpu_without_tf32() -> None:
    assert resolve_device("auto").type == "cuda"
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
