"""Measures the benchmark's truth: opening the table, a query, an import; ``python -m benchmarks.truth --help``.

Opening is the first query of a fresh process, with the libraries loaded. The files to import are made from the three
architectures in tests/data, in the official layouts: as many architectures as asked for, each with the number of
seeds that the official file has on average.
"""

from __future__ import annotations

import bz2
import json
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import timeit
import zipfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from rich.console import Console
from rich.table import Table

from backend.settings import HOME_VARIABLE
from backend.spaces.nas_bench_201.cell import NUM_CELLS, enumerate_cells
from backend.truth import imported
from backend.truth.importing.records import VALUES
from backend.truth.lookup import query
from backend.truth.tables import NAS_BENCH_201, NATS_BENCH

SAMPLE = Path(__file__).parents[1] / "tests" / "data" / "nas_bench_201_three_archs.pth"
SEEDS = {1: 2225, 2: 5439, 3: 7961}
"""How many architectures of NAS-Bench-201-v1_1 were trained once, twice, three times."""

OPEN = """
import json, sys, time
start = time.perf_counter()
from backend import benchmark
loaded = time.perf_counter()
benchmark.query(6111, "cifar10")
print(json.dumps([loaded - start, time.perf_counter() - loaded]))
"""
IMPORT = """
import json, re, sys, time
from pathlib import Path
from backend import benchmark
cpu = time.process_time()
done = benchmark.import_release(sys.argv[1])
cpu = time.process_time() - cpu
# Linux' own count: getrusage begins with the memory of the process that started this one.
status = Path("/proc/self/status")
peak = int(re.search(r"VmHWM:\\s+([0-9]+) kB", status.read_text())[1]) / 1024 if status.exists() else 0
print(json.dumps([done.seconds, cpu, peak]))
"""


def fresh_process(program: str, *arguments: str, home: Path) -> list[float]:
    environment = {**os.environ, HOME_VARIABLE: str(home)}
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    return list(map(float, json.loads(done.stdout)))


def write_full_tables(home: Path) -> None:
    """Tables of two releases with all architectures, of random numbers."""
    os.environ[HOME_VARIABLE] = str(home)
    rng = np.random.default_rng(0)
    trained = rng.permutation(np.repeat(list(SEEDS), list(SEEDS.values())))
    parts = []
    for dataset, short in (("cifar10-valid", 2), ("cifar10", 1), ("cifar100", 1), ("ImageNet16-120", 1)):
        for epochs, counts in ((12, np.full(NUM_CELLS, short)), (200, trained)):
            index = np.repeat(np.arange(NUM_CELLS), counts)
            first = np.cumsum(counts) - counts
            seed = np.array([111, 777, 888] if epochs == 12 else [777, 888, 999])
            rows = pd.DataFrame(rng.random((len(index), len(VALUES))), columns=list(VALUES))
            times = rng.random(NUM_CELLS)[index]
            rows = rows.assign(**{name: times for name in VALUES if "time" in name or name in ("flops", "params")})
            parts.append(
                rows.assign(
                    index=index, dataset=dataset, epochs=epochs, seed=seed[np.arange(len(index)) - first[index]]
                )
            )
    runs = pd.concat(parts, ignore_index=True)
    imported.check_tables()
    for release in (NAS_BENCH_201, NATS_BENCH):
        imported.write(release, runs, "made for this measurement")


def make_architectures(count: int) -> dict[str, Any]:
    """The content of an official ``.pth`` with as many architectures."""
    with zipfile.ZipFile(SAMPLE) as archive:
        content = pickle.loads(archive.read("mini-NAS-Bench-201-3archs/data.pkl"))
    originals = [pickle.dumps(value) for value in content["arch2infos"].values()]
    rng = random.Random(0)
    trained = rng.choices(list(SEEDS), list(SEEDS.values()), k=count)
    content["arch2infos"] = {}
    for index, cell in enumerate(enumerate_cells()[:count]):
        value = pickle.loads(originals[index % 3])
        content["arch2infos"][index] = value
        for part in value.values():
            part["arch_index"], part["arch_str"] = index, str(cell)
        full = value["full"]
        for dataset, seeds in full["dataset_seed"].items():
            for seed in seeds[trained[index] :]:
                del full["all_results"][dataset, seed]
            del seeds[trained[index] :]
        for part in value.values():
            for run in part["all_results"].values():
                for curve in ("train_losses", "train_acc1es", "eval_losses", "eval_acc1es"):
                    run[curve] = {key: number * (1 + rng.random() / 1000) for key, number in run[curve].items()}
    content["evaluated_indexes"] = list(content["arch2infos"])
    return content


def write_release(folder: Path, count: int, layout: str) -> Path:
    content = make_architectures(count)
    if layout == "NATS-Bench folder":
        path = folder / f"NATS-tss-{count}"
        path.mkdir()
        for index, value in content["arch2infos"].items():
            written = pickle.dumps({"12": value["less"], "200": value["full"]}, protocol=4)
            (path / f"{index:06d}.pickle.pbz2").write_bytes(bz2.compress(written))
        return path
    path = folder / f"{layout[:3]}-{count}.pth"
    torch.save(content, path, _use_new_zipfile_serialization=layout == ".pth, ZIP")
    return path


def measure_import(folder: Path, layout: str, counts: tuple[int, int]) -> dict[str, float]:
    """Time an architecture, and peak memory (on Linux) with its growth drawn out to the whole release."""
    few, many = (
        fresh_process(IMPORT, str(write_release(folder, count, layout)), home=folder / f"home-{layout}-{count}")
        for count in counts
    )
    growth = max(0.0, (many[2] - few[2]) / (counts[1] - counts[0]))
    return {
        "ms_an_architecture": (many[0] - few[0]) / (counts[1] - counts[0]) * 1000,
        "cpu_ms_an_architecture": (many[1] - few[1]) / (counts[1] - counts[0]) * 1000,
        "peak_mb": many[2],
        "peak_mb_of_all": many[2] + growth * (NUM_CELLS - counts[1]),
    }


def measure(folder: Path, runs: int, counts: tuple[int, int]) -> dict[str, Any]:
    write_full_tables(full := folder / "full")
    found: dict[str, Any] = {"table_mb": sum(file.stat().st_size for file in full.rglob("*.parquet")) / 2 / 2**20}
    for name, home in (("bundled", folder / "none"), ("imported", full)):
        openings = [fresh_process(OPEN, home=home) for _ in range(runs)]
        found[f"load_s_{name}"], found[f"open_s_{name}"] = map(statistics.median, zip(*openings, strict=True))
        os.environ[HOME_VARIABLE] = str(home)
        seconds = timeit.repeat(lambda: query(6111, "cifar100"), number=1000, repeat=9)[1:]
        found[f"query_us_{name}"] = statistics.median(seconds) / 1000 * 1e6
    for layout in (".pth, ZIP", ".pth, as in 2020", "NATS-Bench folder"):
        found[layout] = measure_import(folder, layout, counts)
    return found


def main(
    runs: Annotated[int, typer.Option(min=1, help="fresh processes that open the table")] = 7,
    few: Annotated[int, typer.Option(min=3, help="architectures of the smaller import")] = 50,
    many: Annotated[int, typer.Option(min=4, help="architectures of the larger import")] = 300,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Times of opening, query and import; no limit is checked."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), runs, (few, many))
    if as_json:
        print(json.dumps(found, indent=1))
        return
    console = Console()
    table = Table("", "bundled", "with two releases imported", "aim", title="Truth", title_justify="left")
    for title, key, form in (
        ("load the libraries", "load_s", "{:.3f} s"),
        ("open the table", "open_s", "{:.3f} s"),
        ("a query", "query_us", "{:.1f} µs"),
    ):
        cells = [form.format(found[f"{key}_{name}"]) for name in ("bundled", "imported")]
        table.add_row(title, *cells, {"open_s": "0.3 s", "query_us": "50 µs"}.get(key, ""))
    console.print(table)
    table = Table("import", "an architecture", "CPU time", f"peak, {many}", "peak, all 15,625 (drawn out)")
    for layout in (".pth, ZIP", ".pth, as in 2020", "NATS-Bench folder"):
        row = found[layout]
        times = [f"{row[name]:.1f} ms" for name in ("ms_an_architecture", "cpu_ms_an_architecture")]
        table.add_row(layout, *times, f"{row['peak_mb']:.0f} MB", f"{row['peak_mb_of_all']:.0f} MB")
    console.print(table)
    console.print(f"a release's table with all architectures: {found['table_mb']:.0f} MB")


if __name__ == "__main__":
    typer.run(main)
