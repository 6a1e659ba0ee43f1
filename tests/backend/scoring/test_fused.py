"""The compiled loops against PyTorch's operations, which take their place where numba is not there."""

import math
import os
import subprocess
import sys

import pytest
import torch

from backend.scoring import Scorer
from backend.scoring.engines import fused
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture
from tests.backend.scoring.test_definitions import TOLERANCES

CELL = Cell.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")
ARCHITECTURE = CellArchitecture(CELL, channels=4, cells_per_stage=1)


def test_scores_without_numba_are_the_same_up_to_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer("cifar10", TOLERANCES, batch_size=8, device="cpu")
    assert fused.loops(torch.ones(1, 1, 1, 1)) is not None
    compiled = scorer.score(ARCHITECTURE)
    monkeypatch.setattr(fused, "_module", lambda: None)
    assert fused.loops(torch.ones(1, 1, 1, 1)) is None
    plain = scorer.score(ARCHITECTURE)
    for name, tolerance in TOLERANCES.items():
        assert math.isclose(compiled[name], plain[name], rel_tol=tolerance), name


def test_only_float32_on_the_cpu_without_gradients_is_taken() -> None:
    value = torch.ones(2, 3, 4, 4)
    assert fused.loops(value.contiguous(memory_format=torch.channels_last))
    for refused in (value, value.double(), value[:0], value.to("meta"), value.clone().requires_grad_()):
        assert fused.loops(refused) is None


@pytest.mark.parametrize("disabled", ["0", "1"])
def test_numba_can_be_told_not_to_compile(disabled: str) -> None:
    script = "import torch; from backend.scoring.engines import fused; print(fused.loops(torch.ones(1, 1, 1, 1)))"
    environment = os.environ | {"NUMBA_DISABLE_JIT": disabled}
    found = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert (found.stdout.strip() == "None") == (disabled == "1")
