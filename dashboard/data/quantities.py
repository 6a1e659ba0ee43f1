"""What the columns of a table of trials are called, their units, and which way is better."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
import pandas as pd

from backend import costs as hardware
from backend import proxies
from backend.config.objectives import SUM_NAME
from backend.config.sections import ENSEMBLE_PREFIX
from backend.spaces import registry
from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import Choices, HasTruth, Parameters, capability
from backend.spaces.truth_tasks import Direction, TruthField
from dashboard.text import drawn

_SCALED, _VALUE, _PARAMETER, _ATTRIBUTE = "scaled:", "value:", "param:", "attr:"
_NO_QUANTITY = frozenset({"number", "state", "architecture", "arch", "index", "finished", "pareto", "breaks"})
_TRUTH = re.compile(r"(?P<epochs>[0-9]+):(?P<field>.+)")


@dataclass(frozen=True)
class Quantity:
    """A column that an axis can show.

    Attributes:
        column: its name in the table of trials.
        name: what it is called.
        unit: "%", "s", "nats", "ms", … or "".
        direction: which way is better unless a study says otherwise.
        help: one sentence for a tooltip, or "".
    """

    column: str
    name: str
    unit: str = ""
    direction: Direction = "maximize"
    help: str = ""

    @property
    def label(self) -> str:
        """Name and unit, for an axis or a heading."""
        return f"{self.name} ({self.unit})" if self.unit else self.name


_OWN = (
    Quantity("seconds", "Time to score", "s", "minimize", "Wall time that scoring this trial took."),
    Quantity("objective", "Sum of scaled metrics", help="Each objective metric times its scale, added up."),
)


def quantity(column: str) -> Quantity:
    """The quantity in a column; an unknown column is called by its own name."""
    spaces = registry.available()
    return _known(spaces).get(column) or _sizes(spaces).get(column) or _derived(column)


def label(column: str) -> str:
    """Name and unit of a column."""
    return quantity(column).label


def drawn_label(column: str) -> str:
    """Name and unit of a column, as Plotly draws them."""
    return drawn(label(column))


def plottable(frame: pd.DataFrame, first: Iterable[str] = ()) -> list[str]:
    """Columns of a table of trials that hold numbers to compare trials by.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        first: columns to put in front, such as the objectives.

    Returns:
        Column names: those of ``first``, true accuracies, proxies and the rest, without empty or constant settings.
    """
    numeric = frame.select_dtypes("number")
    filled = map(str, numeric.columns[numeric.count().to_numpy() > 0])
    there = [column for column in filled if column not in _NO_QUANTITY and not _is_constant_setting(frame, column)]
    front = [column for column in first if column in there]
    accuracies = [column for column in there if column in _targets(registry.available())]
    names = proxies.available()
    scores = [column for column in there if column in names]
    return list(dict.fromkeys([*front, *accuracies, *scores, *there]))


def objective_columns(frame: pd.DataFrame, objectives: Sequence[str]) -> list[str]:
    """The columns that hold a study's objectives, in their order.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        objectives: their names; those of an external study are in columns ``value:<name or position>``.
    """
    if list(objectives) == [SUM_NAME]:
        return [column for column in ("objective",) if column in frame]
    if not any(str(column).startswith(_VALUE) for column in frame):
        return [name for name in objectives if name in frame]
    places = [(f"{_VALUE}{name}", f"{_VALUE}{position}") for position, name in enumerate(objectives)]
    return [column for names in places for column in names if column in frame]


def finite(frame: pd.DataFrame, columns: Iterable[str]) -> "pd.Series[bool]":
    """Which rows a chart has a place for: those with a finite number in each of the columns that there are."""
    there = [column for column in dict.fromkeys(columns) if column in frame]
    return pd.Series(np.isfinite(frame[there].to_numpy(dtype=float)).all(axis=1), index=frame.index)


def infinite_words(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """A sentence, after a space, on the trials that a chart has no place for; "" where every known value is finite."""
    there = [column for column in dict.fromkeys(columns) if column in frame]
    count = int(np.isinf(frame[there].to_numpy(dtype=float)).any(axis=1).sum())
    if not count:
        return ""
    return f" {count:,} {'trial has' if count == 1 else 'trials have'} an infinite value, which has no place here."


def _is_constant_setting(frame: pd.DataFrame, column: str) -> bool:
    return column in _sizes(registry.available()) and frame[column].nunique() <= 1


def is_foreign(column: str) -> bool:
    """Whether a column holds what was recorded as it is: a parameter, a value or an attribute."""
    return column.startswith((_VALUE, _PARAMETER, _ATTRIBUTE))


def is_truth(column: str) -> bool:
    """Whether a column holds what is known of the trained network, such as ``200:test-accuracy``."""
    return _TRUTH.fullmatch(column) is not None


def trainings(columns: Iterable[object], field: str | None = None) -> list[int]:
    """Lengths (epochs) of the trainings that columns hold something of, or a field such as "test-accuracy"."""
    found = (_TRUTH.fullmatch(str(column)) for column in columns)
    return sorted({int(each["epochs"]) for each in found if each and field in {None, each["field"]}})


@cache
def _known(spaces: tuple[str, ...]) -> dict[str, Quantity]:
    """What is the same in all studies, and the truth of these spaces; of two columns of one name the first counts."""
    found = {item.column: item for item in _OWN}
    for space in map(registry.get, spaces):
        truth = capability(space, HasTruth)
        for dataset in truth.datasets if truth else ():
            for field, epochs in product(truth.fields(dataset), truth.lengths(dataset)) if truth else ():
                item = _truth(space, field, epochs)
                found.setdefault(item.column, item)
    return found


@cache
def _sizes(spaces: tuple[str, ...]) -> dict[str, Quantity]:
    """The parameters that are numbers, of these spaces; of two that call theirs alike the first counts."""
    found: dict[str, Quantity] = {}
    for space in map(registry.get, spaces):
        titled, choices = capability(space, Parameters), capability(space, Choices)
        words = choices.size_words if choices else {}
        for name in titled.sizes if titled else ():
            known = words.get(name)
            found.setdefault(name, Quantity(name, known.title, help=known.help) if known else Quantity(name, name))
    return found


@cache
def _targets(spaces: tuple[str, ...]) -> frozenset[str]:
    """The columns that architectures of these spaces are compared by."""
    known = (capability(space, HasTruth) for space in map(registry.get, spaces))
    return frozenset(task.column for truth in known if truth for task in truth.tasks)


def _truth(space: SearchSpace, field: TruthField, epochs: int) -> Quantity:
    name = f"True {field.said}, {epochs} epochs"
    return Quantity(
        f"{epochs}:{field.name}", name, field.unit, field.better, f"{space.title}'s record on {field.images}."
    )


def _derived(column: str) -> Quantity:
    if found := _TRUTH.fullmatch(column):
        is_accuracy = found["field"].endswith("accuracy")
        name = f"True {found['field'].replace('-', ' ')}, {found['epochs']} epochs"
        return Quantity(column, name, "%" if is_accuracy else "", "maximize" if is_accuracy else "minimize")
    if column.startswith(_SCALED):
        raw = quantity(column.removeprefix(_SCALED))
        return Quantity(column, f"{raw.name} × scale", direction=raw.direction, help=raw.help)
    if column.startswith(_VALUE):
        name = column.removeprefix(_VALUE)
        return Quantity(column, f"objective {name}" if name.isdecimal() else name)
    if column.startswith(_PARAMETER):
        return Quantity(column, column.removeprefix(_PARAMETER), help="A parameter of the study.")
    if column.startswith(_ATTRIBUTE):
        return Quantity(column, column.removeprefix(_ATTRIBUTE), help="An attribute of the trials.")
    if column.startswith(ENSEMBLE_PREFIX):
        name = f"ensemble {column.removeprefix(ENSEMBLE_PREFIX)}"
        return Quantity(column, name, help="What a saved ensemble predicts: accuracy (%), or a sum of log ranks.")
    if column in proxies.available():
        proxy = proxies.get(column)
        unit = hardware.get(column).unit if column in hardware.available() else ""
        return Quantity(column, column, unit, proxy.direction, proxy.description)
    if column in hardware.available():
        metric = hardware.get(column)
        return Quantity(column, column, metric.unit, metric.better, metric.description)
    return Quantity(column, column)
