"""What is chosen on the page, and stands in its link."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig
from streamlit.elements.lib.grid_container import GridContainer

from backend.errors import UserError
from backend.spaces import registry
from backend.spaces.base import SearchSpace, Words
from backend.spaces.capabilities import Enumerable, HasTruth, lacks, require, truth_field
from backend.spaces.truth_tasks import TruthField
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.links import (
    SPACE_PARAMETER,
    STUDY_PARAMETER,
    VIEW_PARAMETER,
    architecture_problem,
    link_architecture,
    parameter,
)
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice

ARCH: Final = TextColumn("Architecture", width="large")
RELEASE: Final = TextColumn("Release", help="The release of the benchmark that the number is from.")
_KEY_WIDTH: Final = 230
_SPLITS: Final = {"test": "Test", "valid": "Validation"}
_CHARTS: Final = {
    "distribution": "Distribution",
    "cost": "Accuracy against cost",
}


def choose_space() -> SearchSpace:
    """The space that the page's link names, or that of its study, with a control for it where there are several."""
    names = list(dict.fromkeys([_space_of_study() or registry.DEFAULT, registry.DEFAULT, *registry.available()]))
    choice = LinkedChoice(SPACE_PARAMETER, {name: registry.get(name).title for name in names})
    if choice.problem:
        st.error(plain(choice.problem), icon=":material/error:")
    if len(names) > 1:
        before = choice.value
        choice.dropdown("Search space", "Whose architectures the views Space and Architecture are about.")
        if choice.value != before:
            link_architecture(None)
    return registry.get(choice.value)


def _space_of_study() -> str | None:
    """Name of the space that the study in the page's link searches; None where there is none that is known here."""
    named = parameter(STUDY_PARAMETER)
    if not named:
        return None
    try:
        summary = next((item for item in queries.studies() if item.name == named), None)
    except UserError:
        return None  # the view says what is wrong with the database
    space = summary.space if summary else None
    return space.name if space and space.name in registry.available() else None


@dataclass(frozen=True)
class Choices:
    """The controls of the page for a space.

    Attributes:
        space: that the page is about.
    """

    space: SearchSpace

    @property
    def words(self) -> Words:
        """What its architectures are called."""
        return self.space.words

    @property
    def missing(self) -> str:
        """Why the views of the whole space cannot be shown, in a sentence; "" where they can."""
        why = lacks(self.space, HasTruth, Enumerable) if lacks(self.space, HasTruth) else ""
        return f"{why}." if why else ""

    @cached_property
    def datasets(self) -> tuple[str, ...]:
        """Data sets that there are trainings on."""
        return tuple(require(self.space, HasTruth, "benchmark").datasets)

    @cached_property
    def lengths(self) -> tuple[int, ...]:
        """Lengths of the trainings, the longest first."""
        return tuple(sorted(require(self.space, HasTruth, "benchmark").epochs, reverse=True))

    def lengths_of(self, dataset: str) -> tuple[int, ...]:
        """Lengths of the trainings on a data set, the longest first."""
        return tuple(reversed(require(self.space, HasTruth, "benchmark").lengths(dataset)))

    @cached_property
    def size(self) -> int:
        """How many architectures the benchmark has: all of the space, or where they cannot be listed those trained."""
        return len(queries.listed(self.space))

    @property
    def view(self) -> LinkedChoice:
        """Which view is open."""
        return LinkedChoice(VIEW_PARAMETER, {"space": "Space", "cell": self.words.one.capitalize(), "study": "Study"})

    @property
    def chart(self) -> LinkedChoice:
        """What is drawn of the space."""
        charts = dict(_CHARTS)
        if len(self.datasets) > 1:
            charts["datasets"] = "Data set against data set"
        lengths = self.lengths_of(self.dataset.value)
        if len(lengths) > 1:
            charts["epochs"] = f"{lengths[-1]} against {lengths[0]} epochs"
        return LinkedChoice("chart", charts)

    @property
    def cost(self) -> LinkedChoice:
        """The cost on an axis."""
        costs = measures.costs_of(self.space, self.datasets[0], self.lengths[-1])
        return LinkedChoice("cost", {cost.key: cost.title for cost in costs})

    @property
    def dataset(self) -> LinkedChoice:
        """The data set of the accuracies, times and costs."""
        return LinkedChoice("dataset", {name: name for name in self.datasets})

    @property
    def against(self) -> LinkedChoice:
        """The data set to compare with."""
        return LinkedChoice("against", {name: name for name in self.datasets[::-1]})

    @property
    def epochs(self) -> LinkedChoice:
        """The length of the training on the data set."""
        return LinkedChoice("epochs", {str(epochs): str(epochs) for epochs in self.lengths_of(self.dataset.value)})

    @property
    def split(self) -> LinkedChoice:
        """The images that accuracy is measured on."""
        images = self.field.label.split()[0]
        return LinkedChoice("split", _SPLITS if measures.covers(self.space) else {"test": images})

    def link_problems(self) -> list[str]:
        """What is wrong with the page's link, a line each."""
        choices = [self.view]
        if not self.missing:
            choices += [self.chart, self.cost, self.dataset, self.against, self.epochs, self.split]
        problems = [*(choice.problem for choice in choices), architecture_problem(self.space)]
        return [problem for problem in problems if problem]

    def choose_dataset(self) -> str:
        """A control for the data set."""
        return self.dataset.dropdown("Data set", "Data set of the accuracies, times and hardware costs.")

    def choose_accuracy(self, grid: GridContainer) -> tuple[str, int, str]:
        """Controls for an accuracy, in the next places of a grid: data set, epochs and images."""
        with grid.cell():
            dataset = self.choose_dataset()
        with grid.cell():
            epochs = self.choose_epochs()
        with grid.cell():
            split = self.choose_split()
        return dataset, epochs, split

    def choose_other_dataset(self) -> str:
        """A control for the data set to compare with."""
        return self.against.dropdown("Against", "Data set on the horizontal axis.")

    def choose_epochs(self) -> int:
        """A control for the length of the training."""
        words = "Length of the training."
        if measures.covers(self.space):
            words += f" Every {self.words.one} was trained once for 12 and up to three times for 200 epochs."
        return int(self.epochs.segments("Epochs", words))

    def choose_split(self) -> str:
        """A control for the images that accuracy is measured on."""
        words = "Test images, or images held out for validation. Not every data set has both at both lengths."
        return self.split.segments("Accuracy on", words)

    def choose_cost(self, dataset: str, epochs: int) -> Measure | None:
        """A control for a cost; None, and words on the page, where none is known."""
        offered = {cost.key: cost for cost in measures.costs_of(self.space, dataset, epochs)}
        if not offered:
            st.caption("No cost is known.")
            return None
        words = f"What {self.words.a} costs."
        if measures.covers(self.space):
            words = "Size, time of the training, or what HW-NAS-Bench measured or estimated on a device."
        return offered[self.cost.dropdown("Cost", words)]

    def accuracies(self, dataset: str) -> tuple[Measure, ...]:
        """The accuracies that are known on a data set."""
        return measures.accuracies_of(self.space, dataset)

    def accuracy(self, dataset: str, epochs: int, split: str = "test") -> Measure | None:
        """An accuracy, after the longest training on a data set that has none of that length; None if not known."""
        lengths = self.lengths_of(dataset)
        wanted = (epochs if epochs in lengths else lengths[0], self.key_of(dataset, split))
        return next((item for item in self.accuracies(dataset) if (item.epochs, item.key) == wanted), None)

    def key_of(self, dataset: str, split: str) -> str:
        """Key of the measure of a data set on some images; other spaces have one metric, on one kind of images."""
        return f"{split}-accuracy" if measures.covers(self.space) else truth_field(self.space, dataset).name

    @property
    def field(self) -> TruthField:
        """What architectures are compared by on every data set; without name and unit where that differs."""
        fields = {truth_field(self.space, dataset) for dataset in self.datasets}
        units = {(field.label, field.unit) for field in fields}
        return fields.pop() if len(units) == 1 else TruthField("value", "Value", "", "")

    @property
    def shape(self) -> str:
        """The format of its values in tables."""
        return "%.2f" if self.field.unit == "%" else "%.4g"

    @property
    def accuracy_column(self) -> ColumnConfig:
        """The column of values."""
        title = "Accuracy" if self.field.unit == "%" else "Value"
        return NumberColumn(self.field.with_unit(title), format=self.shape)

    def known_accuracy(self, dataset: str, epochs: int, split: str) -> Measure | None:
        """The chosen accuracy, or None and words on the page where the table has none."""
        if found := self.accuracy(dataset, epochs, split):
            return found
        known = self.accuracies(dataset)
        there = ", ".join(f"{measure.title.lower()} after {measure.epochs} epochs" for measure in known)
        st.info(
            f"The table has no {_SPLITS[split].lower()} accuracy of {dataset} after {epochs} epochs. "
            f"It has: {there or 'none'}.",
            icon=":material/info:",
        )
        return None

    def best(self) -> Measure:
        """The accuracy by which the best architecture of the space is known."""
        found = self.accuracy(self.datasets[0], self.lengths[0])
        assert found
        return found

    @property
    def index_column(self) -> ColumnConfig:
        """The column of the architectures that rows are about."""
        if lacks(self.space, Enumerable):
            return TextColumn(self.words.one.capitalize(), pinned=True, width=_KEY_WIDTH)
        words, width = f"Official index, 0 to {self.size - 1:,}.", max(70, 11 * len(self.words.one))
        return NumberColumn(self.words.one.capitalize(), format="%d", pinned=True, width=width, help=words)

    def label_column(self, heading: str, words: str | None = None) -> ColumnConfig:
        """A column of other architectures."""
        if lacks(self.space, Enumerable):
            return TextColumn(heading, width=_KEY_WIDTH, help=words)
        return NumberColumn(heading, format="%d", help=words)

    @property
    def rank_column(self) -> ColumnConfig:
        """The column of ranks."""
        words = f"One more than the number of better {self.words.many}; equal ones share a rank."
        return NumberColumn("Rank", format="localized", width=80, help=words)

    @property
    def percentile_column(self) -> ColumnConfig:
        """The column of percentiles."""
        words = f"Share (%) of all {self.words.many} that are no better; 100 for the best."
        return NumberColumn("Percentile", format="%.2f", width=90, help=words)

    @property
    def gap_column(self) -> ColumnConfig:
        """The column of gaps."""
        unit = self.field.points
        below = f"below the best {self.words.one}."
        words = f"Percentage points of accuracy {below}" if unit == "points" else f"{self.field.label} {below}"
        return NumberColumn(f"Gap ({unit})" if unit else "Gap", format="%.3f", help=words)


def measure_column(measure: Measure, heading: str) -> ColumnConfig:
    """A column of one measure; its tooltip, and the caption that goes with the table, name the release."""
    shape = "%.2f" if measure.unit == "%" else "localized" if measure.key == "params" else "%.5g"
    unit = f" ({measure.unit})" if measure.unit else ""
    return NumberColumn(f"{heading}{unit}", format=shape, help=f"{measure.name} [{measure.release}]. {measure.help}")


def measure_columns(shown: Iterable[Measure]) -> dict[str, ColumnConfig]:
    """A column for each measure, headed by its data set."""
    return {measure.sourced: measure_column(measure, measure.dataset) for measure in shown}
