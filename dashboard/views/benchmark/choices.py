"""What is chosen on the page, and stands in its link."""

from __future__ import annotations

from typing import Final

import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig
from streamlit.elements.lib.grid_container import GridContainer

from backend.datasets.info import DATASETS
from backend.truth import measures
from backend.truth.fields import EPOCHS
from backend.truth.measures import Measure
from dashboard.links import VIEW_PARAMETER, cell_problem
from dashboard.widgets.linked import LinkedChoice

CELL: Final = NumberColumn("Cell", format="%d", pinned=True, width=70, help="Official index, 0 to 15,624.")
ARCH: Final = TextColumn("Architecture", width="large")
RELEASE: Final = TextColumn("Release", help="The release of the benchmark that the number is from.")
RANK: Final = NumberColumn(
    "Rank", format="localized", width=80, help="One more than the number of better cells; equal cells share a rank."
)
PERCENTILE: Final = NumberColumn(
    "Percentile", format="%.2f", width=90, help="Share (%) of all cells that are no better; 100 for the best."
)
GAP: Final = NumberColumn("Gap (points)", format="%.3f", help="Points of accuracy missing to the best cell.")
ACCURACY: Final = NumberColumn("Accuracy (%)", format="%.2f")


def measure_column(measure: Measure, heading: str) -> ColumnConfig:
    """A column of one measure; its tooltip, and the caption that goes with the table, name the release."""
    shape = "%.2f" if measure.unit == "%" else "localized" if measure.key == "params" else "%.5g"
    unit = f" ({measure.unit})" if measure.unit else ""
    return NumberColumn(f"{heading}{unit}", format=shape, help=f"{measure.name} [{measure.release}]. {measure.help}")


VIEW: Final = LinkedChoice(VIEW_PARAMETER, {"space": "Space", "cell": "Cell", "study": "Study"})
CHART: Final = LinkedChoice(
    "chart",
    {
        "distribution": "Distribution",
        "cost": "Accuracy against cost",
        "datasets": "Data set against data set",
        "epochs": "12 against 200 epochs",
    },
)
COST: Final = LinkedChoice("cost", {cost.key: cost.title for cost in measures.costs(DATASETS[0], EPOCHS[0])})

DATASET: Final = LinkedChoice("dataset", {name: name for name in DATASETS})
_AGAINST = LinkedChoice("against", {name: name for name in DATASETS[::-1]})
_EPOCHS = LinkedChoice("epochs", {str(epochs): str(epochs) for epochs in EPOCHS[::-1]})
_SPLIT = LinkedChoice("split", {"test": "Test", "valid": "Validation"})


def link_problems() -> list[str]:
    """What is wrong with the page's link, a line each."""
    choices = (VIEW, CHART, COST, DATASET, _AGAINST, _EPOCHS, _SPLIT)
    problems = [*(choice.problem for choice in choices), cell_problem()]
    return [problem for problem in problems if problem]


def choose_dataset() -> str:
    """A control for the data set."""
    return DATASET.dropdown("Data set", "Data set of the accuracies, times and hardware costs.")


def choose_accuracy(grid: GridContainer) -> tuple[str, int, str]:
    """Controls for an accuracy, in the next cells of a grid: data set, epochs and images."""
    with grid.cell():
        dataset = choose_dataset()
    with grid.cell():
        epochs = choose_epochs()
    with grid.cell():
        split = choose_split()
    return dataset, epochs, split


def choose_other_dataset() -> str:
    """A control for the data set to compare with."""
    return _AGAINST.dropdown("Against", "Data set on the horizontal axis.")


def choose_epochs() -> int:
    """A control for the length of the training."""
    return int(
        _EPOCHS.segments(
            "Epochs", "Length of the training. Every cell was trained once for 12 and up to three times for 200 epochs."
        )
    )


def choose_split() -> str:
    """A control for the images that accuracy is measured on."""
    words = "Test images, or images held back for validation. Not every data set has both at both lengths."
    return _SPLIT.segments("Accuracy on", words)


def choose_cost(dataset: str, epochs: int) -> Measure:
    """A control for a cost."""
    words = "Size, time of the training, or what HW-NAS-Bench measured or estimated on a device."
    return measures.find_cost(COST.dropdown("Cost", words), dataset, epochs)


def known_accuracy(dataset: str, epochs: int, split: str) -> Measure | None:
    """The chosen accuracy, or None and words on the page where the table has none."""
    known = measures.known_accuracies(dataset)
    for measure in known:
        if (measure.epochs, measure.key) == (epochs, f"{split}-accuracy"):
            return measure
    there = ", ".join(f"{measure.title.lower()} after {measure.epochs} epochs" for measure in known)
    kind = {"test": "test", "valid": "validation"}[split]
    st.info(
        f"The table has no {kind} accuracy of {dataset} after {epochs} epochs. It has: {there}.",
        icon=":material/info:",
    )
    return None
