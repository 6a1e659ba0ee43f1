"""What is known of every architecture of a space, one quantity each: true accuracies, sizes, times, hardware costs.

Of NAS-Bench-201 it is what the bundled tables hold; of another space what its capabilities say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import pandas as pd

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import HasTruth, KnownCosts, capability, require, require_listing
from backend.spaces.truth_tasks import Direction, TruthField, TruthTask
from backend.truth import fields as devices
from backend.truth.fields import DEVICES, EPOCHS, HW_NAS_BENCH, check_epochs, check_trained, truth_fields
from backend.truth.tables import architectures_table, bundled_release, runs_table

SPLITS: Final = ("test", "valid")
COUNTED: Final = "NAS-Bench-201"


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity of every architecture of a space.

    Attributes:
        key: its name among those of one dataset and training, such as "test-accuracy" or "latency:raspi4".
        dataset: the dataset that it was measured on.
        epochs: length of the training; None for what does not depend on one.
        title: what it is called, such as "Test accuracy".
        unit: "%", "s", "ms", "mJ", "M" or "".
        better: which way is better.
        release: the release that the numbers are from.
        help: one sentence on how it was measured.
        column: where the bundled tables have it; "" where a space's capabilities do.
        space: name of the search space.
    """

    key: str
    dataset: str
    epochs: int | None
    title: str
    unit: str
    better: Direction
    release: str
    help: str
    column: str
    space: str = registry.DEFAULT

    @property
    def name(self) -> str:
        """Title, dataset and training."""
        return ", ".join([self.title, self.dataset, *([f"{self.epochs} epochs"] if self.epochs else [])])

    @property
    def titled(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def points(self) -> str:
        """The unit of a difference of two values: of percentages it is points."""
        return "points" if self.unit == "%" else self.unit

    @property
    def label(self) -> str:
        """Name and unit."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def sourced(self) -> str:
        """Name, unit and release: the heading of a column that stands for itself."""
        return f"{self.label} [{self.release}]"


def covers(space: SearchSpace) -> bool:
    """Whether the bundled tables are of a space's architectures."""
    return space.name == registry.DEFAULT


def accuracies_of(space: SearchSpace, dataset: str) -> tuple[Measure, ...]:
    """The accuracies on a data set that are known of a space, the longest training first; none without truth."""
    if covers(space):
        return known_accuracies(dataset)
    truth = capability(space, HasTruth)
    tasks = [task for task in truth.tasks if task.dataset == dataset] if truth else []
    return tuple(_of_task(task, space) for task in sorted(tasks, key=lambda task: -task.epochs))


def costs_of(space: SearchSpace, dataset: str, epochs: int) -> tuple[Measure, ...]:
    """What an architecture of a space costs, as :func:`costs`; none where nothing is known."""
    if covers(space):
        return costs(dataset, epochs)

    def cost(key: str, length: int | None, title: str, unit: str) -> Measure:
        words = space.costs_help if length is None else ""
        return Measure(key, dataset, length, title, unit, "minimize", space.title, words, "", space.name)

    found = []
    if capability(space, KnownCosts):
        found += [cost("params", None, "Parameters", ""), cost("flops", None, "FLOPs", "M")]
        found += [
            Measure(
                cost.name, dataset, None, cost.title, cost.unit, cost.better, space.title, cost.help, "", space.name
            )
            for cost in space.device_costs
        ]
    truth = capability(space, HasTruth)
    if truth and truth.training_hours(dataset, epochs).notna().any():
        found.append(cost("training-time", epochs, "Training time", "s"))
    return tuple(found)


def _of_task(task: TruthTask, space: SearchSpace) -> Measure:
    field = task.field
    words = f"Measured on {field.images}. {task.help}".strip()
    if not math.isnan(task.noise):
        words += f" The standard deviation of one training is {task.noise:.2g} {field.unit}".rstrip() + "."
    return Measure(
        field.name,
        task.dataset,
        task.epochs,
        field.label,
        field.unit,
        field.better,
        task.release,
        words,
        "",
        space.name,
    )


def accuracy(dataset: str, epochs: int, split: str = "test") -> Measure:
    """The true accuracy on a dataset.

    Args:
        dataset: one of ``TRAINED_ON``.
        epochs: 12 or 200.
        split: "test" or "valid", which cifar10 has not.

    Raises:
        UserError: unknown dataset or epochs, or a split that the dataset has not.
    """
    key = f"{split}-accuracy"
    field = _field(dataset, key)
    source = bundled_release(dataset, check_epochs(epochs), key)
    return Measure(key, dataset, epochs, field.label, "%", "maximize", source, f"Measured on {field.images}.", key)


@cache
def known_accuracies(dataset: str) -> tuple[Measure, ...]:
    """The accuracies of a dataset that the table has values of, test before validation, 200 epochs before 12.

    Raises:
        UserError: unknown dataset.
    """
    names = {field.name for field in truth_fields(dataset)}
    splits = [split for split in SPLITS if f"{split}-accuracy" in names]
    offered = [accuracy(dataset, epochs, split) for split in splits for epochs in EPOCHS[::-1]]
    return tuple(measure for measure in offered if values(measure).notna().any())


def costs(dataset: str, epochs: int) -> tuple[Measure, ...]:
    """What a cell costs: parameters, FLOPs, the time of a training, and latency and energy on each device.

    Args:
        dataset: one of ``TRAINED_ON``; cifar10-valid has the sizes and devices of cifar10.
        epochs: 12 or 200, for the time of a training.

    Raises:
        UserError: unknown dataset or epochs.
    """
    size = "cifar10" if check_trained(dataset) == "cifar10-valid" else dataset
    return (
        _cost("params", dataset, "Parameters", "", COUNTED, "Counted by the benchmark.", f"params:{size}"),
        _cost("flops", dataset, "FLOPs", "M", COUNTED, "Millions of multiply-accumulates.", f"flops_m:{size}"),
        _training_time(dataset, epochs),
        *(_hardware_cost(dataset, quantity, device) for quantity, device in devices.MEASURED),
    )


def find_cost(key: str, dataset: str, epochs: int) -> Measure:
    """The cost of that key.

    Raises:
        UserError: there is none, or unknown dataset or epochs.
    """
    offered = {measure.key: measure for measure in costs(dataset, epochs)}
    if key not in offered:
        raise UserError(f"cost {key!r} is unknown; valid are {', '.join(offered)}")
    return offered[key]


def values(measure: Measure) -> pd.Series[float]:
    """The measure of every listed architecture by label; NaN where it is not known, or a device does not support it."""
    if not measure.column:
        return _of_capabilities(measure, registry.get(measure.space))
    if measure.column in architectures_table():
        return architectures_table().set_index("index")[measure.column].astype(float)
    runs = runs_table()
    rows = runs[(runs["dataset"] == measure.dataset) & (runs["epochs"] == measure.epochs)]
    numbers = rows.set_index("index")[measure.column].astype(float)
    return numbers * measure.epochs if measure.key == "training-time" and measure.epochs else numbers


def measured(measures: Iterable[Measure]) -> pd.DataFrame:
    """Several measures side by side.

    Returns:
        A row for each listed architecture of the space; one column a measure, named as :attr:`Measure.sourced`.
    """
    return pd.DataFrame({measure.sourced: values(measure) for measure in measures}).rename_axis("index")


def sources(measures: Sequence[Measure]) -> str:
    """Which releases measures are from, in words: the one of all, or each with its datasets."""
    datasets: dict[str, list[str]] = {}
    for measure in measures:
        datasets.setdefault(measure.release, []).append(measure.dataset)
    if len(datasets) == 1:
        return f"[{measures[0].release}]"
    return "; ".join(f"{', '.join(names)} [{release}]" for release, names in datasets.items())


def _of_capabilities(measure: Measure, space: SearchSpace) -> pd.Series[float]:
    if measure.key in {"params", "flops"} or ":" in measure.key:
        labels, known = require_listing(space, measure.title).index, require(space, KnownCosts, measure.title)
        if ":" not in measure.key:
            return known.sizes(labels, measure.dataset)[measure.key]
        costs = [known.cost(space.at(label), measure.dataset, measure.key) for label in labels]
        return pd.Series(costs, index=labels, dtype=float)
    truth = require(space, HasTruth, measure.title)
    if measure.key == "training-time":
        return truth.training_hours(measure.dataset, measure.epochs or 0) * 3600
    return truth.values(measure.dataset, measure.epochs or 0)


def _field(dataset: str, name: str) -> TruthField:
    fields = {field.name: field for field in truth_fields(dataset)}
    if name not in fields:
        raise UserError(f"field {name!r} is not one of {dataset}; valid are {', '.join(fields)}")
    return fields[name]


def _training_time(dataset: str, epochs: int) -> Measure:
    source = bundled_release(dataset, epochs, "train-all-time")
    words = "Seconds an epoch times the number of epochs, on the benchmark's GPU."
    return Measure("training-time", dataset, epochs, "Training time", "s", "minimize", source, words, "train-per-time")


def _hardware_cost(dataset: str, quantity: str, device: str) -> Measure:
    title, unit = f"{DEVICES[device].title} {quantity}", devices.UNITS[quantity]
    column = devices.column(quantity, device, dataset)
    words = devices.described(quantity, device)
    return _cost(f"{quantity}:{device}", dataset, title, unit, HW_NAS_BENCH, words, column)


def _cost(key: str, dataset: str, title: str, unit: str, source: str, words: str, column: str) -> Measure:
    return Measure(key, dataset, None, title, unit, "minimize", source, words, column)
