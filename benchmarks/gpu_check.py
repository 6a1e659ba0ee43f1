"""Checks and measures the scoring engine on a GPU: ``python -m benchmarks.gpu_check [--out gpu.json]``.

It takes less than 8 minutes. Each part runs in a process of its own with a limit of its own, so that one that fails,
hangs or leaves the GPU in a bad state does not take the others with it. A Markdown table goes to standard output;
``--out`` also gets the raw numbers, rewritten after each part. The exit status is 1 if a part failed, and 2 on a
machine without the device.

CUDA graphs are tried on one pass alone, the forward pass that naswot reads: its inputs stay where they are, nothing in
it depends on a value that the host reads, and all that is kept between passes is there after the warm-up. The passes
that go back free and take memory in an order of their own, draw numbers on the CPU or are differentiated by autograd;
they are left out, and the engine itself uses no graphs: each cell would need a capture of its own.
"""

from __future__ import annotations

import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NamedTuple

import pandas as pd
import torch
import typer

from backend.errors import UserError
from backend.scoring import Scorer, resolve_device
from backend.scoring.engines.nas_bench_201.gradients import training_step
from backend.scoring.sweep import Sweep, SweepSetting, open_cluster
from backend.scoring.tables import bundled_table
from backend.spaces.nas_bench_201.cell import Cell
from backend.spaces.nas_bench_201.space import CellArchitecture
from benchmarks.precision import WAYS, Way, in_turn
from benchmarks.scoring import (
    CELLS,
    NTK,
    Opponent,
    Stopwatch,
    machine,
    measure,
    peak_here,
    scorer_names,
    spread,
    subject_of,
    without_ntk,
)

_DATASET = "cifar10"
_POOLING_CELL = CELLS[9]
"""Both 3×3 convolutions and poolings."""
_WORKERS = 8
"""Processes of the sweep at most: each has a CUDA context of its own."""
_TO_CLOSE = 15
"""Seconds before its limit at which the sweep stops by itself, with what it has."""


@dataclass(frozen=True)
class Setting:
    """What all parts are told.

    Attributes:
        device: cuda, cuda:1, …, or cpu.
        small: whether to do the least that exercises the code.
        limit: seconds that the part may take.
    """

    device: str
    small: bool
    limit: float

    @property
    def is_cuda(self) -> bool:
        """Whether it is a GPU."""
        return torch.device(self.device).type == "cuda"

    def scorer(self, names: list[str]) -> Scorer:
        """Of the usual mini-batch, or a small one."""
        return Scorer(_DATASET, names, batch_size=8 if self.small else 64, device=self.device)


@dataclass
class Found:
    """What a part found.

    Attributes:
        rows: of the table, what and result.
        data: the raw numbers.
        failed: one line, if it failed.
    """

    rows: list[tuple[str, str]] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    failed: str = ""


def run_tests(_setting: Setting) -> Found:
    """The tests that are marked gpu; without a CUDA device they skip themselves."""
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "-q", "-p", "no:cacheprovider", "tests/gpu"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = (done.stdout.strip() or done.stderr.strip() or "no output").splitlines()
    summary = lines[-1].strip("= ")
    failing = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    data = {"status": done.returncode, "failing": failing, "output": lines[-200:]}
    if done.returncode:
        return Found(data=data, failed="; ".join([summary, *(line.split(" - ")[0] for line in failing)]))
    return Found([("tests marked gpu", summary)], data)


def against_reference(setting: Setting) -> Found:
    """The engine against one computation a proxy."""
    cells = [Cell.parse(CELLS[2])] if setting.small else spread(6)
    report = measure(cells, Opponent.reference, 8 if setting.small else 64, setting.device)
    found = report["cells"]
    ratios = [without_ntk(cell) / cell["engine"] for cell in found]
    ntk = [cell["opponent"][NTK] / cell["engine_ntk"] for cell in found]
    passes = {name: statistics.median(cell["passes"][name] for cell in found) for name in found[0]["passes"]}
    rows = [
        (f"reference / engine, all but {NTK} (cells: {len(found)})", _spread(ratios, "×")),
        (f"reference / engine, {NTK}", _spread(ntk, "×")),
        (f"engine, all but {NTK}", _spread([1e3 * cell["engine"] for cell in found], " ms")),
        (f"engine, {NTK}", _spread([1e3 * cell["engine_ntk"] for cell in found], " ms")),
        ("of which, median ms", ", ".join(f"{name} {1e3 * seconds:.1f}" for name, seconds in passes.items())),
        ("shared pass", _spread([cell["shared_gflops"] for cell in found], " GFLOP/s")),
        ("fastest 3×3 convolution", f"{report['peak_gflops']:.0f} GFLOP/s"),
    ]
    return Found(rows, report)


def sweep(setting: Setting) -> Found:
    """A sweep of 200 classes with all proxies, and its scores against the bundled ones, which are of a CPU."""
    names = ["naswot", "snip", "zen"] if setting.small else scorer_names(Opponent.reference)
    wanted, processes = (3, 1) if setting.small else (200, min(_WORKERS, os.cpu_count() or 1))
    asked = SweepSetting(_DATASET, tuple(names), device=setting.device)
    began = time.monotonic()
    marks: list[tuple[float, int]] = []

    def note(done: int, _total: int) -> None:
        marks.append((time.monotonic(), done))
        if marks[-1][0] - began > setting.limit - _TO_CLOSE:
            raise _EnoughError

    with TemporaryDirectory() as root, open_cluster(workers=processes) as client:
        swept = Sweep(asked, Path(root), sample=wanted)
        with suppress(_EnoughError):
            swept.run(client, note)
        frame, failures = swept.scores(), swept.failures()
    seconds, done = marks[-1][0] - marks[0][0], marks[-1][1]
    each = frame.drop_duplicates("class")["seconds"].median() if done else math.nan
    rows = [
        (
            f"sweep of {wanted} classes (processes: {processes}, their start included)",
            f"{done} in {seconds:.0f} s, {done / seconds:.2f} a second",
        ),
        ("sweep, median of a class in its process", f"{1e3 * each:.0f} ms"),
        ("sweep, scores that failed", f"{len(failures)}"),
    ]
    known = bundled_table(_DATASET)
    data: dict[str, Any] = {"done": done, "seconds": seconds, "failures": [asdict(failure) for failure in failures]}
    if done and known.provenance.batch_size == asked.batch_size and known.provenance.seed == asked.seed:
        values = frame.pivot(index="class", columns="proxy", values="value")
        alike = fidelity(known.scores.reindex(values.index), values)
        rows += [(f"sweep against the bundled scores: {name}", text) for name, text in alike.rows]
        data["bundled"] = alike.data
    return Found(rows, data)


class _EnoughError(Exception):
    """The sweep's time is up."""


def peak_memory(setting: Setting) -> Found:
    """Memory that the dearest cell takes with a large batch."""
    size = 16 if setting.small else 512
    peak = peak_here(size, setting.device)
    of = ""
    if setting.is_cuda:
        of = f" of {torch.cuda.get_device_properties(setting.device).total_memory / 2**30:.0f} GB"
    return Found([(f"peak memory, dearest cell, {size} images", f"{peak:.2f} GB{of}")], {"gb": peak, "images": size})


def in_flight(setting: Setting) -> Found:
    """Several cells at once, each thread with a CUDA stream of its own."""
    scorer = setting.scorer([name for name in scorer_names(Opponent.reference) if name != NTK])
    cells = [CellArchitecture(cell) for cell in ([Cell.parse(CELLS[2])] if setting.small else spread(6))]
    work = cells * (2 if setting.small else 4)
    alone = [scorer.score(cell) for cell in cells]
    if setting.is_cuda:
        # What is kept between scores was made on the default stream, for which the others do not wait.
        torch.cuda.synchronize(setting.device)
    own = threading.local()

    def begin() -> None:
        own.stream = torch.cuda.Stream(setting.device) if setting.is_cuda else None

    def score(cell: CellArchitecture) -> dict[str, float]:
        with nullcontext() if own.stream is None else torch.cuda.stream(own.stream):
            return scorer.score(cell)

    found = Found()
    for threads in (1, 2) if setting.small else (1, 2, 4, 8):
        with ThreadPoolExecutor(threads, initializer=begin) as pool:
            list(pool.map(score, work[:threads]))  # warms up the streams
            started = time.perf_counter()
            scores = list(pool.map(score, work))
            seconds = time.perf_counter() - started
        apart = {
            name: max(_apart(alone[number % len(cells)][name], one[name]) for number, one in enumerate(scores))
            for name in alone[0]
        }
        worst = max(apart, key=apart.__getitem__)
        same = (
            f"differs from one at a time by up to {apart[worst]:.1e} ({worst})" if apart[worst] else "to the same bits"
        )
        rate = len(work) / seconds
        found.rows.append((f"cells in flight: {threads}", f"{rate:.2f} a second, {same}"))
        found.data[str(threads)] = {"cells_a_second": rate, "apart": apart}
    return found


@contextmanager
def _tf32() -> Iterator[None]:
    """Matrix products and convolutions may round what they read to 10 bits after the point."""
    places = (torch.backends.cudnn, torch.backends.cuda.matmul)
    before = [place.allow_tf32 for place in places]
    try:
        for place in places:
            place.allow_tf32 = True
        yield
    finally:
        for place, value in zip(places, before, strict=True):
            place.allow_tf32 = value


def precisions(setting: Setting) -> Found:
    """Scores with TF32 and with convolutions in bfloat16 against those in float32."""
    ways: Mapping[str, Way] = {**WAYS, "tf32": _tf32} if setting.is_cuda else WAYS
    scorer = setting.scorer(scorer_names(Opponent.reference))
    cells = [
        CellArchitecture(cell) for cell in ([Cell.parse(CELLS[at]) for at in (0, 2)] if setting.small else spread(12))
    ]
    in_turn(lambda: scorer.score(cells[0]), 1, ways)  # warms up
    scores: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    gains: dict[str, list[float]] = {way: [] for way in ways}
    for cell in cells:
        values, gain = in_turn(lambda cell=cell: scorer.score(cell), 1, ways)  # type: ignore[misc]
        for way in ways:
            scores[way].append(values[way])
            gains[way].append(gain[way])
    found = Found()
    exact = pd.DataFrame(scores["float32"])
    for way in ways:
        if way == "float32":
            continue
        alike = fidelity(exact, pd.DataFrame(scores[way]))
        found.rows.append((f"{way}, {len(cells)} cells: speed", _spread(gains[way], "×")))
        found.rows += [(f"{way}: {name}", text) for name, text in alike.rows]
        found.data[way] = {"gains": gains[way], "scores": scores[way], "fidelity": alike.data}
    found.data["float32"] = scores["float32"]
    return found


def cuda_graph(setting: Setting) -> Found:
    """The forward pass that naswot reads, launched step by step and as a CUDA graph."""
    scorer = setting.scorer(["naswot"])
    subject, clock, wanted = (
        subject_of(Cell.parse(_POOLING_CELL), scorer),
        Stopwatch(scorer.device),
        {"layer_agreements"},
    )

    def step() -> torch.Tensor:
        observed = training_step(subject, wanted)["layer_agreements"]
        assert isinstance(observed, torch.Tensor)
        return observed

    expected = step()
    side, current = torch.cuda.Stream(scorer.device), torch.cuda.current_stream(scorer.device)
    side.wait_stream(current)
    with torch.cuda.stream(side):  # a capture takes place on a stream that has been used
        for _ in range(3):
            step()
    current.wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=side):
        captured = step()
    graph.replay()
    torch.cuda.synchronize(scorer.device)
    is_same = torch.equal(captured, expected)
    plain, replayed = (statistics.median(clock(work) for _ in range(20)) for work in (step, graph.replay))
    said = "to the same bits" if is_same else f"differs by up to {float((captured - expected).abs().max()):g} counts"
    row = (
        "plain pass of naswot, without and with a CUDA graph",
        f"{1e3 * plain:.2f} and {1e3 * replayed:.2f} ms, {said}",
    )
    return Found([row], {"plain": plain, "replayed": replayed, "same": is_same})


class Part(NamedTuple):
    """A part of the check.

    Attributes:
        run: does it.
        limit: seconds that it may take on a GPU, the start of its process included.
        cuda_alone: whether a CPU has nothing to do for it.
    """

    run: Callable[[Setting], Found]
    limit: float
    cuda_alone: bool = False

    def limit_on(self, device: str) -> float:
        """Seconds on a device: a CPU is slower, and others may be using it."""
        return self.limit if torch.device(device).type == "cuda" else 20 * self.limit


PARTS: dict[str, Part] = {
    "tests": Part(run_tests, 100),
    "reference": Part(against_reference, 90),
    "sweep": Part(sweep, 110),
    "memory": Part(peak_memory, 35),
    "in flight": Part(in_flight, 60),
    "precision": Part(precisions, 50),
    "graph": Part(cuda_graph, 25, cuda_alone=True),
}
"""By name, in order; with all limits used up it is under 8 minutes. What could upset the GPU most comes last."""


def fidelity(exact: pd.DataFrame, rough: pd.DataFrame) -> Found:
    """How well each proxy's scores and their order are kept.

    Args:
        exact: scores by cell and proxy.
        rough: the same, computed in another way.
    """
    found = Found()
    for name in rough.columns.intersection(exact.columns):
        pair = pd.DataFrame({"exact": exact[name], "rough": rough[name]}).dropna()
        apart = [_apart(one, other) for one, other in pair.itertuples(index=False)]
        spearman = float(pair["exact"].corr(pair["rough"], method="spearman")) if len(pair) > 1 else math.nan
        middle, worst = (statistics.median(apart), max(apart)) if apart else (math.nan, math.nan)
        missing = len(rough) - len(pair)
        text = f"Spearman {spearman:.4f}; relative difference: median {middle:.1e}, largest {worst:.1e}"
        found.rows.append((str(name), text + (f"; {missing} without a score" if missing else "")))
        found.data[str(name)] = {"spearman": spearman, "median": middle, "largest": worst, "missing": missing}
    return found


def _apart(exact: float, other: float) -> float:
    """The relative difference; 0 for equal numbers, infinity where one of them is none."""
    if exact == other or (math.isnan(exact) and math.isnan(other)):
        return 0.0
    apart = abs(exact - other) / max(abs(exact), abs(other))
    return math.inf if math.isnan(apart) else apart


def _spread(values: list[float], unit: str) -> str:
    return f"{statistics.median(values):.2f}{unit} ({min(values):.2f} to {max(values):.2f})"


def run_apart(name: str, part: Part, device: str, small: bool) -> Found:
    """Runs a part in a process of its own; it never raises, and nothing of it is left when it returns."""
    if part.cuda_alone and torch.device(device).type != "cuda":
        return Found([(name, "left out: needs a CUDA device")])
    limit = part.limit_on(device)
    with TemporaryDirectory() as folder:
        path = Path(folder, "found.json")
        command = [sys.executable, "-m", "benchmarks.gpu_check", "--device", device, "--part", name, "--out", str(path)]
        process = subprocess.Popen(
            command + ["--small"] * small,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            return Found(failed=f"stopped after {limit:g} s")
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if path.is_file():
            return Found(**json.loads(path.read_text()))
        last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no message")
        return Found(failed=f"exit status {process.returncode}: {last}")


def table(report: Mapping[str, Any]) -> str:
    """The Markdown table of a report."""
    lines = [
        f"{report['machine']}, torch {report['torch']}, CUDA {report['cuda'] or 'none'}, {report['cores']} cores",
        "",
        "| part | what | result | s |",
        "|---|---|---|---:|",
    ]
    for name, part in report["parts"].items():
        rows = [("", f"failed: {part['failed']}")] if part["failed"] else part["rows"]
        for number, (what, result) in enumerate(rows):
            cells = (name, what, result, f"{part['seconds']:.0f}") if number == 0 else ("", what, result, "")
            lines.append(f"| {' | '.join(' '.join(cell.replace('|', ' ').split()) for cell in cells)} |")
    return "\n".join(lines)


def main(
    device: Annotated[str, typer.Option(help="cuda, cuda:1, …, or cpu")] = "cuda",
    small: Annotated[bool, typer.Option("--small", help="do the least that exercises each part")] = False,
    out: Annotated[Path | None, typer.Option(help="JSON file for all numbers")] = None,
    part: Annotated[str, typer.Option(hidden=True)] = "",
) -> None:
    """Check and measure the scoring engine on a GPU."""
    try:
        chosen = resolve_device(device)
    except UserError as error:
        typer.echo(error, err=True)
        raise typer.Exit(2) from None
    if part:
        assert out is not None
        out.write_text(json.dumps(asdict(attempt(PARTS[part], Setting(device, small, PARTS[part].limit_on(device))))))
        return
    report: dict[str, Any] = {
        "machine": machine(chosen),
        "torch": torch.__version__,
        "cuda": torch.version.cuda if chosen.type == "cuda" else None,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "device": device,
        "small": small,
        "parts": {},
    }
    for name, each in PARTS.items():
        started = time.monotonic()
        found = run_apart(name, each, device, small)
        seconds = time.monotonic() - started
        report["parts"][name] = {"seconds": seconds, "limit": each.limit_on(device), **asdict(found)}
        typer.echo(f"{name}: {found.failed or 'done'}, {seconds:.0f} s", err=True)
        if out:
            out.write_text(json.dumps(report, indent=1))
    typer.echo(table(report))
    raise typer.Exit(int(any(found["failed"] for found in report["parts"].values())))


def attempt(part: Part, setting: Setting) -> Found:
    """Does a part in this process; what it raises becomes one line."""
    try:
        return part.run(setting)
    except Exception as error:  # noqa: BLE001  whatever it is, the other parts go on
        lines = str(error).strip().splitlines()
        return Found(failed=f"{type(error).__name__}: {lines[0] if lines else 'no message'}")


if __name__ == "__main__":
    typer.run(main)
