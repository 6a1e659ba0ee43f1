"""Accuracies that were measured here, as the truth of a search space: other labels, never mixed with a benchmark's."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import pandas as pd

from backend.errors import UserError
from backend.spaces.base import Architecture, Label, SearchSpace
from backend.spaces.capabilities import HasTruth
from backend.spaces.truth_tasks import TruthField, TruthTask
from backend.studies.trainings import Measured, Training, measured

FIELD: Final = TruthField(
    "measured-accuracy", "Held-out accuracy measured here", "%", "images held out of the training set"
)
"""What the default recipe measures."""
_SECONDS_AN_HOUR: Final = 3600.0


class MeasuredTask(TruthTask):
    """A recipe, as what architectures are compared by."""

    @property
    def axis(self) -> str:
        """The label; nothing that was measured here is called true."""
        return self.label


@dataclass(frozen=True)
class _Known:
    """What one recipe measured."""

    task: MeasuredTask
    values: pd.Series[float]
    hours: pd.Series[float]


class MeasuredTruth(HasTruth):
    """What finished trainings of a study measured; of two recipes with equal epochs, the one of more architectures.

    Args:
        space: of the study.
        found: as ``backend.studies.trainings.measured`` gives it.
    """

    def __init__(self, space: SearchSpace, found: Iterable[Measured]) -> None:
        self._known: dict[tuple[str, int], _Known] = {}
        for item in found:
            labels = _labels(space, item.values)
            known = _Known(
                _task(item),
                pd.Series({label: item.values[key] for key, label in labels.items()}, dtype=float),
                pd.Series({label: item.seconds[key] / _SECONDS_AN_HOUR for key, label in labels.items()}, dtype=float),
            )
            if labels:
                self._known.setdefault((item.recipe.dataset, item.recipe.epochs), known)
        self._space = space

    @property
    def tasks(self) -> Sequence[TruthTask]:
        """A task for each recipe."""
        return [known.task for known in self._known.values()]

    def truth(self, architecture: Architecture, dataset: str) -> Mapping[str, Mapping[str, float | None]] | None:
        """What was measured of an architecture by number of epochs; None where it was not trained here."""
        label = self._space.label(architecture)
        found = {
            str(epochs): {known.task.field.name: float(known.values[label])}
            for (name, epochs), known in self._known.items()
            if name == dataset and label in known.values.index
        }
        return cast("Mapping[str, Mapping[str, float | None]]", found) or None

    def fields(self, dataset: str) -> Sequence[TruthField]:
        """The fields that were measured on a data set."""
        return list(dict.fromkeys(task.field for task in self.tasks if task.dataset == dataset))

    def values(self, dataset: str, epochs: int) -> pd.Series[float]:
        """What was measured, by label."""
        self.task(dataset, epochs)
        return self._known[dataset, epochs].values

    def training_hours(self, dataset: str, epochs: int) -> pd.Series[float]:
        """Hours that training took here, by label."""
        return self._known[dataset, epochs].hours


def measured_space(space: SearchSpace, trainings: Iterable[Training]) -> SearchSpace | None:
    """A space whose truth is what was measured here, and nothing else; all else of it is as it was.

    Args:
        space: of a study.
        trainings: of the study.

    Returns:
        The space; None where nothing was measured of it.
    """
    truth = MeasuredTruth(space, measured(trainings))
    if not truth.tasks:
        return None
    # All that asks for the capability asks the space: one of its kind that has another answer serves everywhere.
    members: dict[str, Any] = {name: _delegated(name) for name in dir(HasTruth) if not name.startswith("_")}
    own = {"_measured_truth": truth, "title": f"{space.title}, measured here"}
    made: Any = object.__new__(type(f"Measured{type(space).__name__}", (type(space),), {**members, **own}))
    vars(made).update(vars(space))
    return cast("SearchSpace", made)


def _delegated(name: str) -> property:
    return property(lambda self: getattr(self._measured_truth, name))


def labels_key(space: SearchSpace) -> Hashable:
    """What tells the labels of a space from those of another: caches of accuracies are kept by it."""
    truth = getattr(space, "_measured_truth", None)
    if truth is None:
        return space.name
    parts = [(str(task), tuple(truth.values(task.dataset, task.epochs).items())) for task in truth.tasks]
    return space.name, tuple(parts)


def with_measured(frame: pd.DataFrame, space: SearchSpace, trainings: Iterable[Training]) -> pd.DataFrame:
    """A study's trials with a column for each recipe that measured some of their architectures.

    Args:
        frame: as ``backend.studies.trials_frame`` gives it.
        space: of the study.
        trainings: of the study.

    Returns:
        The frame, and columns such as "20:measured-accuracy" (%), NaN where nothing was measured.
    """
    truth = MeasuredTruth(space, measured(trainings))
    if "architecture" not in frame:
        return frame
    columns = {}
    for task in truth.tasks:
        values = truth.values(task.dataset, task.epochs)
        by_key = {space.at(cast("Label", label)).key: value for label, value in values.items()}
        columns[task.column] = frame["architecture"].map(by_key).astype(float)
    return frame.assign(**columns)


def shortlist_progress(space: SearchSpace, labels: Sequence[Label], trainings: Sequence[Training]) -> pd.DataFrame:
    """How far the training of a shortlist has come, by the recipe that has measured most of the study.

    Args:
        space: of the study.
        labels: of the shortlist, the first to be trained first.
        trainings: of the study.

    Returns:
        By label: measured (the accuracy (%), NaN where there is none) and training (the state of the newest training;
        "" where there is none).
    """
    found = measured(trainings)
    values = _by_class(space, found[0].values) if found else {}
    states = _by_class(space, {item.architecture: item.state for item in trainings})
    classes = [space.at(label).class_key for label in labels]
    return pd.DataFrame(
        {
            "measured": pd.Series([values.get(key, float("nan")) for key in classes], dtype=float).to_numpy(),
            "training": [states.get(key, "") for key in classes],
        },
        index=pd.Index(labels, name="index"),
    )


def progress_words(space: SearchSpace, progress: pd.DataFrame) -> str:
    """How far the training of a shortlist has come, such as "trained 5 of 10; next: cell 5115"; "" before it begins.

    Args:
        space: of the study.
        progress: as :func:`shortlist_progress` gives it.
    """
    done = progress["measured"].notna()
    if not done.any():
        return ""
    words = f"trained {int(done.sum())} of {len(progress)}"
    if done.all():
        return words
    label = progress.index[~done.to_numpy()][0]
    return f"{words}; next: {space.named(label)}"


def _by_class(space: SearchSpace, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by class key, of those keys that are architectures of the space; the last of a class counts."""
    found = {}
    for key, value in values.items():
        try:
            found[space.parse(key).class_key] = value
        except UserError:
            continue
    return found


def _labels(space: SearchSpace, keys: Iterable[str]) -> dict[str, Label]:
    """Labels of those keys that are architectures of the space."""
    found = {}
    for key in keys:
        try:
            found[key] = space.label(space.parse(key))
        except UserError:
            continue
    return found


def _task(item: Measured) -> MeasuredTask:
    recipe = item.recipe
    own = TruthField("measured-metric", f"Metric of {recipe.function}, measured here", "", FIELD.images)
    field = own if recipe.function else FIELD
    return MeasuredTask(recipe.dataset, recipe.epochs, field, "measured here", help=item.words)
