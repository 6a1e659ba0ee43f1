"""The final values of a training run, as the official API's ``get_more_info`` and ``get_cost_info`` give them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from backend.spaces.nas_bench_201.cell import NUM_CELLS, Cell
from backend.spaces.nas_bench_201.options import TRAINED_ON


class ReleaseFormatError(Exception):
    """What keeps a file from being a release of the benchmark, as a sentence about "it"."""


Record: TypeAlias = Mapping[Any, Any]

# What the official API calls the images of a split.
_EVALUATIONS: Final = {
    "cifar10": {"test": "ori-test"},
    "cifar10-valid": {"valid": "x-valid", "test": "ori-test"},
    "cifar100": {"valid": "x-valid", "test": "x-test", "valtest": "ori-test"},
    "ImageNet16-120": {"valid": "x-valid", "test": "x-test", "valtest": "ori-test"},
}
_SPLITS: Final = ("train", "valid", "test", "valtest")
_UNKNOWN: Final = (math.nan, math.nan, math.nan)

VALUES: Final = (
    *(f"{split}-{quantity}" for split in _SPLITS for quantity in ("loss", "accuracy", "all-time")),
    "flops",
    "params",
    "latency",
)
"""The values of a run: nats, %, seconds; millions of multiply-accumulates, millions, seconds a batch."""

RUN_KEYS: Final = frozenset(
    {"name", "epochs", "flop", "params", "latency"}
    | {"train_losses", "train_acc1es", "train_times", "eval_losses", "eval_acc1es", "eval_times"}
)
ARCHITECTURE_KEYS: Final = frozenset({"arch_index", "arch_str", "all_results", "dataset_seed"})


class Run(NamedTuple):
    """One training run.

    Attributes:
        dataset: one of ``TRAINED_ON``.
        epochs: how long it was trained.
        values: in the order of ``VALUES``; NaN where the release has none.
    """

    dataset: str
    epochs: int
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Trained:
    """All runs of an architecture with one number of epochs.

    Attributes:
        index: the official index.
        runs: each with its seed.
    """

    index: int
    runs: list[tuple[int, Run]]


def read_run(record: Record) -> Run:
    """The final values of a run.

    Args:
        record: the official API's ``ResultsCount``, as a dict.

    Raises:
        ReleaseFormatError: it is not in the official format.
    """
    dataset, epochs = record["name"], record["epochs"]
    if dataset not in _EVALUATIONS:
        raise ReleaseFormatError(
            f"it has results for {dataset!r}; the benchmark's datasets are {', '.join(TRAINED_ON)}"
        )
    if not isinstance(epochs, int) or not 0 < epochs <= 1000:
        raise ReleaseFormatError(f"it has a run of {epochs!r} epochs")
    values: list[object] = [*_training(record, epochs)]
    for split in _SPLITS[1:]:
        name = _EVALUATIONS[dataset].get(split)
        values += _evaluation(record, name, epochs) if name else _UNKNOWN
    latencies = record["latency"] or ()
    values += [record["flop"], record["params"], sum(latencies) / len(latencies) if latencies else math.nan]
    return Run(dataset, epochs, tuple(_number(name, value) for name, value in zip(VALUES, values, strict=True)))


def _training(record: Record, epochs: int) -> tuple[object, object, object]:
    times = record["train_times"]
    total = sum(map(times.__getitem__, range(epochs))) if times else math.nan
    return record["train_losses"][epochs - 1], record["train_acc1es"][epochs - 1], total


def _evaluation(record: Record, name: str, epochs: int) -> tuple[object, object, object]:
    """Loss, accuracy and time; unknown where the official API gives nothing because one of them is missing."""
    keys = _epoch_keys(name, epochs)
    times = record["eval_times"]
    try:
        total = sum(map(times.__getitem__, keys)) if times else math.nan
        return record["eval_losses"][keys[-1]], record["eval_acc1es"][keys[-1]], total
    except KeyError:
        return _UNKNOWN


@lru_cache(maxsize=32)
def _epoch_keys(name: str, epochs: int) -> tuple[str, ...]:
    return tuple(f"{name}@{epoch}" for epoch in range(epochs))


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ReleaseFormatError(f"{name} is {value!r:.40} instead of a number")
    return float(value)


def read_architecture(record: Record) -> Trained:
    """The runs of an architecture.

    Args:
        record: the official API's ``ArchResults``, as a dict, with a ``Run`` in place of each ``ResultsCount``.

    Raises:
        ReleaseFormatError: it is not in the official format, or is no architecture of the topology space.
    """
    index = _check_index(record["arch_index"], record["arch_str"])
    runs: list[tuple[int, Run]] = []
    for dataset, seeds in record["dataset_seed"].items():
        for seed in seeds:
            run = record["all_results"].get((dataset, seed))
            if not isinstance(run, Run) or run.dataset != dataset or not isinstance(seed, int) or not 0 <= seed < 2**31:
                raise ReleaseFormatError(f"architecture {index} has no run with seed {seed!r:.20} on {dataset!r:.20}")
            runs.append((seed, run))
    if len({(seed, run.dataset) for seed, run in runs}) < len(runs):
        raise ReleaseFormatError(f"architecture {index} has two runs with one seed")
    return Trained(index, runs)


def _check_index(given: object, arch: object) -> int:
    index = int(given) if isinstance(given, int | str) else -1
    if isinstance(arch, str) and ":" in arch:
        raise ReleaseFormatError("it is of the size search space; only the topology one (tss) can be imported")
    if not 0 <= index < NUM_CELLS:
        raise ReleaseFormatError(f"it has an architecture of the index {given!r:.20}")
    if str(Cell.from_index(index)) != arch:
        raise ReleaseFormatError(f"its architecture {index} is {arch!r:.120} instead of {Cell.from_index(index)}")
    return index
