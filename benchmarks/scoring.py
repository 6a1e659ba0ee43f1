"""Measures the scoring engine against one computation a proxy; ``python -m benchmarks.scoring --help``.

Both score the same cells with the same batch and threads, in turn, in one run. The engine's time is that of a whole
`Scorer.score`, the building of the network included. With ``--baseline`` it is measured against the engine of another
checkout instead: two processes that take turns.
"""

from __future__ import annotations

import json
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from rich.console import Console
from rich.table import Table
from torch.nn import functional

from backend.proxies.size import flops
from backend.scoring import Scorer
from backend.scoring.engines.nas_bench_201.engine import NasBench201Engine
from backend.scoring.engines.nas_bench_201.subject import CellSubject
from backend.scoring.runtime import keep_freed_memory, make_generator
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.network import build_network
from backend.spaces.nas_bench_201.space import CellArchitecture
from benchmarks.peers import PEERS
from benchmarks.reference import REFERENCES

CELLS = (
    "|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|",
    "|avg_pool_3x3~0|+|avg_pool_3x3~0|skip_connect~1|+|skip_connect~0|nor_conv_1x1~1|nor_conv_1x1~2|",
    "|avg_pool_3x3~0|+|none~0|avg_pool_3x3~1|+|nor_conv_3x3~0|none~1|skip_connect~2|",
    "|nor_conv_1x1~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_1x1~2|",
    "|nor_conv_1x1~0|+|nor_conv_1x1~0|avg_pool_3x3~1|+|avg_pool_3x3~0|skip_connect~1|nor_conv_3x3~2|",
    "|avg_pool_3x3~0|+|skip_connect~0|nor_conv_1x1~1|+|skip_connect~0|nor_conv_3x3~1|avg_pool_3x3~2|",
    "|nor_conv_1x1~0|+|skip_connect~0|nor_conv_1x1~1|+|nor_conv_1x1~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    "|skip_connect~0|+|nor_conv_1x1~0|none~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|",
    "|nor_conv_3x3~0|+|nor_conv_1x1~0|none~1|+|none~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    "|skip_connect~0|+|avg_pool_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|avg_pool_3x3~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|",
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|nor_conv_3x3~0|nor_conv_3x3~1|nor_conv_3x3~2|",
)
"""From the cheapest cell to the dearest, over all mixes of operations."""

NTK = "ntk_cond"


class Opponent(StrEnum):
    """What the engine is measured against."""

    reference = "reference"
    peers = "peers"


OPPONENTS: dict[Opponent, dict[str, Callable[..., float]]] = {
    Opponent.reference: dict(REFERENCES),
    Opponent.peers: dict(PEERS),
}


class Stopwatch:
    """Wall-clock seconds of a call on a device."""

    def __init__(self, device: torch.device) -> None:
        self._device = device

    def __call__(self, work: Callable[[], object]) -> float:
        """Does the work and waits for its end."""
        self._wait()
        started = time.perf_counter()
        work()
        self._wait()
        return time.perf_counter() - started

    def _wait(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)


def subject_of(cell: Cell, scorer: Scorer) -> CellSubject:
    """The network of a cell's class with the scorer's batch, for passes one by one; none of it is computed yet."""
    representative, classes = cell.representative(), scorer.batch.num_classes
    images, labels = scorer.batch.images.to(scorer.device), scorer.batch.labels.to(scorer.device)

    def build() -> Any:
        network = build_network(representative, classes, generator=make_generator(0, "weights"))
        return network.to(scorer.device)

    architecture = CellArchitecture(representative)
    return CellSubject(str(cell), build, images, labels, 0, architecture=architecture, num_classes=classes)


def measure_cell(cell: Cell, scorer: Scorer, clock: Stopwatch, against: Opponent) -> dict[str, Any]:
    """Seconds of the opponent by proxy, of the engine by pass and in all; GFLOP/s of the shared pass."""
    subject = subject_of(cell, scorer)
    classes, images, labels = subject.num_classes, subject.images, subject.labels
    literal = build_network(cell, classes, generator=make_generator(0, "weights")).to(scorer.device)
    opponent = {
        name: clock(lambda function=function: function(literal, images, labels))  # type: ignore[misc]
        for name, function in OPPONENTS[against].items()
    }
    proxies = [name for name in scorer_names(against) if name != NTK]
    engine = clock(lambda: scorer.score(CellArchitecture(cell), proxies))
    engine_ntk = clock(lambda: scorer.score(CellArchitecture(cell), [NTK]))

    known: dict[str, Any] = {}
    passes = {"build": clock(lambda: subject.live)}
    shared, *others = NasBench201Engine.passes
    for title, wanted in (("gradients", shared.gives - {"bare_curvature"}), ("with bare_curvature", shared.gives)):
        passes[title] = clock(lambda wanted=wanted: shared.run(subject, wanted, known))  # type: ignore[misc]
    for step in others:
        passes[max(step.gives)] = clock(
            lambda step=step: known.update(step.run(subject, step.gives, known))  # type: ignore[misc]
        )
    # Forward, gradients at the weights, gradients at the inputs for the loss and for the sum of the logits.
    work = 4 * 2 * len(images) * flops(subject.size) / 1e3
    return {
        "cell": str(cell),
        "mflops": flops(subject.size),
        "opponent": opponent,
        "engine": engine,
        "engine_ntk": engine_ntk,
        "passes": passes,
        "shared_gflops": work / passes["gradients"],
    }


def scorer_names(against: Opponent) -> list[str]:
    """The proxies that the opponent has, and those that come with them for nothing."""
    return [*dict.fromkeys([*OPPONENTS[against], "synflow", "log_synflow", "params", "flops"])]


def convolution_peak(scorer: Scorer, clock: Stopwatch) -> float:
    """GFLOP/s of the machine's fastest 3×3 convolution at this batch, over the widths of the three stages."""
    best = 0.0
    count, side = len(scorer.batch.images), scorer.batch.images.shape[2]
    for stage in range(3):
        width, pixels = 16 * 2**stage, (side >> stage) ** 2
        shape = (count, width, side >> stage, side >> stage)
        value = torch.randn(shape, device=scorer.device).contiguous(memory_format=torch.channels_last)
        weight = torch.randn((width, width, 3, 3), device=scorer.device).contiguous(memory_format=torch.channels_last)
        seconds = [clock(lambda v=value, w=weight: functional.conv2d(v, w, padding=1)) for _ in range(20)]  # type: ignore[misc]
        best = max(best, 2 * count * width * width * 9 * pixels / 1e9 / min(seconds))
    return best


def peak_memory(batch_size: int, threads: int) -> float:
    """GB that a process needs at most to score the dearest cell, all proxies; in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scoring", "--memory", str(batch_size), "--threads", str(threads)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def peak_here(batch_size: int, device: str) -> float:
    """GB that this process, or its GPU, needs at most to score the dearest cell, all proxies.

    Args:
        batch_size: images of the mini-batch.
        device: cpu or cuda. On a GPU it is what tensors take, without what the allocator keeps beside them.
    """
    scorer = Scorer("cifar10", scorer_names(Opponent.reference), batch_size=batch_size, device=device)
    if scorer.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(scorer.device)
    scorer.score(CellArchitecture(Cell.parse(CELLS[-1])))
    if scorer.device.type == "cuda":
        return torch.cuda.max_memory_allocated(scorer.device) / 2**30
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "linux" else 2**30)  # kilobytes on Linux, bytes on macOS


BASELINE_SETS = {
    "naswot, zen, linear_regions": ("naswot", "zen", "linear_regions"),
    "all but ntk_cond": tuple(name for name in (*REFERENCES, "synflow", "params", "flops") if name != NTK),
    "ntk_cond": (NTK,),
}
"""Proxies that are scored together, by what the report calls them."""

_SERVER = """
import sys, time, torch
torch.set_num_threads(int(sys.argv[2]))
from backend.scoring import Scorer
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture

scorers = {}
for line in sys.stdin:
    proxies, cell = line.rstrip("\\n").split("\\t")
    if proxies not in scorers:
        scorers[proxies] = Scorer("cifar10", proxies.split(","), batch_size=int(sys.argv[1]), device="cpu")
    architecture = CellArchitecture(Cell.parse(cell))
    started = time.perf_counter()
    scorers[proxies].score(architecture)
    print(time.perf_counter() - started, flush=True)
"""
"""Scores what it is told to, line by line, and answers with the seconds; runs on the code of its working directory."""


class _Checkout:
    """A process that scores with the engine of a checkout."""

    def __init__(self, folder: Path, batch_size: int, threads: int) -> None:
        command = [sys.executable, "-c", _SERVER, str(batch_size), str(threads)]
        self._process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def seconds(self, proxies: Sequence[str], cell: str) -> float:
        """Of one score."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{','.join(proxies)}\t{cell}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the process."""
        self._process.communicate()


def compare(cells: Sequence[str], baseline: Path, batch_size: int, threads: int, rounds: int) -> dict[str, Any]:
    """Seconds of this checkout and of another, which take turns; medians of the rounds, by set and cell.

    Args:
        cells: to score.
        baseline: folder of the other checkout.
        batch_size: images of the mini-batch.
        threads: CPU threads of each.
        rounds: how often each scores each cell, after once to warm up.
    """
    here, other = (_Checkout(folder, batch_size, threads) for folder in (Path.cwd(), baseline))
    found: dict[str, Any] = {}
    for title, proxies in BASELINE_SETS.items():
        found[title] = []
        for cell in cells:
            pairs = [(here.seconds(proxies, cell), other.seconds(proxies, cell)) for _ in range(rounds + 1)][1:]
            own, others = (statistics.median(side) for side in zip(*pairs, strict=True))
            found[title].append({"cell": cell, "here": own, "baseline": others})
    here.close()
    other.close()
    return found


def _print_comparison(found: dict[str, Any]) -> None:
    console = Console(width=110)
    for title, cells in found.items():
        ratios = [cell["baseline"] / cell["here"] for cell in cells]
        own = statistics.median(cell["here"] for cell in cells)
        console.print(
            f"{title}: {statistics.median(ratios):.2f}× as fast, {min(ratios):.2f} to {max(ratios):.2f}; "
            f"median {own:.3f} s"
        )


def spread(count: int) -> list[Cell]:
    """So many cells, from cheap to dear; the dearest is always among them."""
    step = len(CELLS) / count
    return [Cell.parse(CELLS[int((number + 1) * step) - 1]) for number in range(count)]


def measure(cells: Sequence[Cell], against: Opponent, batch_size: int, device: str) -> dict[str, Any]:
    """The engine and its opponent on some cells, in turn, after one to warm up.

    Args:
        cells: to score.
        against: the opponent.
        batch_size: images of the mini-batch.
        device: cpu or cuda.
    """
    keep_freed_memory()  # for both sides
    scorer = Scorer("cifar10", scorer_names(against), batch_size=batch_size, device=device)
    clock = Stopwatch(scorer.device)
    measure_cell(cells[0], scorer, clock, against)  # warms up
    measured, peaks = [], []
    for cell in cells:
        peaks.append(convolution_peak(scorer, clock))
        measured.append(measure_cell(cell, scorer, clock, against))
    return {
        "against": against,
        "machine": machine(scorer.device),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "batch_size": batch_size,
        "peak_gflops": statistics.median(peaks),
        "memory_gb": {},
        "cells": measured,
    }


def main(
    cells: Annotated[int, typer.Option(min=1, max=len(CELLS), help="cells to measure, spread over the mixes")] = 12,
    batch_size: Annotated[int, typer.Option(min=2, help="images of the mini-batch")] = 64,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads")] = torch.get_num_threads(),
    device: Annotated[str, typer.Option(help="cpu or cuda")] = "cpu",
    against: Annotated[
        Opponent, typer.Option(help="the clean reference, or what published tools do")
    ] = Opponent.reference,
    baseline: Annotated[
        Path | None, typer.Option(help="folder of another checkout, whose engine to measure against", exists=True)
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="with --baseline: scores of each cell on each side")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="print everything measured as JSON")] = False,
    memory: Annotated[int, typer.Option(hidden=True)] = 0,
) -> None:
    """Measure the scoring engine against one computation a proxy."""
    torch.set_num_threads(threads)
    if memory:
        print(peak_here(memory, "cpu"))
        return
    chosen = spread(cells)
    if baseline:
        found = compare([str(cell) for cell in chosen], baseline, batch_size, threads, rounds)
        print(json.dumps(found, indent=1)) if as_json else _print_comparison(found)
        return
    report = measure(chosen, against, batch_size, device)
    if device == "cpu":
        report["memory_gb"] = {size: peak_memory(size, threads) for size in (64, 512)}
    print(json.dumps(report, indent=1)) if as_json else _print(report)


def _print(report: dict[str, Any]) -> None:
    console = Console(width=110)
    cells = report["cells"]
    console.print(
        f"{report['machine']}, torch {report['torch']}, {report['threads']} threads, batch {report['batch_size']}, "
        f"{len(cells)} cells of CIFAR-10"
    )
    opponent = report["against"]
    times = Table(f"{opponent}, by proxy", "median s", "engine, by pass", "median s ")
    proxies = [(name, statistics.median(cell["opponent"][name] for cell in cells)) for name in OPPONENTS[opponent]]
    passes = [(name, statistics.median(cell["passes"][name] for cell in cells)) for name in cells[0]["passes"]]
    for row in range(max(len(proxies), len(passes))):
        left, right = (part[row] if row < len(part) else None for part in (proxies, passes))
        times.add_row(*(text for part in (left, right) for text in ((part[0], f"{part[1]:.3f}") if part else ("", ""))))
    console.print(times)
    for title, values, unit in (
        (f"all proxies but ntk, {opponent} / engine", [without_ntk(c) / c["engine"] for c in cells], "×"),
        (f"ntk_cond, {opponent} / engine", [c["opponent"][NTK] / c["engine_ntk"] for c in cells], "×"),
        ("engine, all but ntk", [c["engine"] for c in cells], " s"),
        ("engine, ntk_cond", [c["engine_ntk"] for c in cells], " s"),
        ("shared pass", [c["shared_gflops"] for c in cells], " GFLOP/s"),
    ):
        low, middle, high = min(values), statistics.median(values), max(values)
        console.print(f"{title}: median {middle:.2f}{unit}, {low:.2f} to {high:.2f}")
    best = max(cell["shared_gflops"] for cell in cells)
    peak = report["peak_gflops"]
    console.print(
        f"fastest 3×3 convolution: {peak:.0f} GFLOP/s; the shared pass reaches {best / peak:.0%} of it at best"
    )
    for size, gigabytes in report["memory_gb"].items():
        console.print(f"peak memory with {size} images: {gigabytes:.2f} GB")


def without_ntk(cell: dict[str, Any]) -> float:
    """Seconds of the opponent for all proxies but ntk_cond."""
    seconds: dict[str, float] = cell["opponent"]
    return sum(value for name, value in seconds.items() if name != NTK)


def machine(device: torch.device) -> str:
    """The name of the GPU, or the kind of processor."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} ({torch.backends.cpu.get_cpu_capability()})"


if __name__ == "__main__":
    typer.run(main)
