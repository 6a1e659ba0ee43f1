"""Short of memory: the same scores to the last bit, and a warning."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from backend.datasets.batch import load_batch
from backend.scoring.engines.nas_bench_201.gradients import half_batches, tangent_kernel, training_step
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.scoring.runtime import is_out_of_memory
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import build_network
from backend.spaces.nas_bench_201.space import CellArchitecture

CELL = Cell.parse("|nor_conv_3x3~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|skip_connect~0|avg_pool_3x3~1|nor_conv_3x3~2|")

SCORE_IN_LITTLE_MEMORY = """
import logging, resource, sys
from dataclasses import replace
import torch
from backend.cells import Cell
from backend.scoring import Scorer
from backend.scoring.engines import engine_of
from backend.scoring.engines.nas_bench_201.gradients import training_step
from backend.spaces.task import Task
from backend.spaces.nas_bench_201.space import CellArchitecture

torch.set_num_threads(1)
logging.basicConfig(stream=sys.stdout, format="%(message)s")
scorer = Scorer("cifar10", ["snip", "fisher", "jacob_cov", "grasp"], batch_size=64, device="cpu")
cell = Cell.from_index({index})
small = CellArchitecture(cell, channels=4, cells_per_stage=1)
scorer.score(small)
# Compiling loops takes memory that scoring does not: those of the frugal passes are compiled before the limit too.
task = Task.of_batch(scorer.batch)
subject = engine_of(scorer.space).subject(scorer.space, small, task, 0, scorer.device)
wanted = {{"gradients", "bare_curvature", "saliencies", "input_gradients"}}
training_step(replace(subject, frugal=True), frozenset(wanted))
margin = int(sys.argv[1])
if margin:
    pages = int(open("/proc/self/statm").read().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + margin * 2**20,) * 2)
print({{name: value.hex() for name, value in scorer.score(CellArchitecture(cell)).items()}})
"""


def test_a_frugal_pass_finds_the_same() -> None:
    batch = load_batch("cifar10", 16)
    network = build_network(CELL, 10, 8, 2, generator=torch.Generator().manual_seed(0))
    architecture = CellArchitecture(CELL, 8, 2)
    subject = CellSubject(
        "it", lambda: network, batch.images, batch.labels, 0, architecture=architecture, num_classes=10
    )
    wanted = frozenset(
        {"gradients", "bare_curvature", "saliencies", "input_gradients", "relu_agreement", "layer_agreements"}
    )
    frugal = replace(subject, frugal=True)
    for run in (lambda s: training_step(s, wanted), half_batches, tangent_kernel):
        torch.testing.assert_close(run(frugal), run(subject), rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the address space is Linux's")
def test_out_of_memory_the_passes_save_it() -> None:
    free, limited = (_run(SCORE_IN_LITTLE_MEMORY.format(index=CELL.index), margin) for margin in (0, 300))
    assert "out of memory" not in free
    assert limited.startswith("out of memory at bare_curvature, gradients, input_gradients, saliencies: from now on")
    assert limited.splitlines()[-1] == free.splitlines()[-1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the limit on the address space is Linux's")
def test_too_little_memory_is_said_in_one_line() -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", SCORE_IN_LITTLE_MEMORY.format(index=CELL.index), "40"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert outcome.returncode == 1
    last = outcome.stderr.splitlines()[-1]
    assert last.endswith("batch_size: out of memory with 64 images, block by block too; use a smaller batch")


def _run(script: str, *arguments: int) -> str:
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_what_is_no_lack_of_memory() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))
    assert not is_out_of_memory(RuntimeError("shapes differ"))
    assert not is_out_of_memory(ValueError("out of memory"))
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert is_out_of_memory(caught.value)
