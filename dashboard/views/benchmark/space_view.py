"""All cells at once: distributions, and any of their quantities against each other."""

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.delta_generator import DeltaGenerator

from backend.analysis.distribution import summary
from backend.datasets.info import DATASETS
from backend.spaces.nas_bench_201.cell import NUM_CELLS, enumerate_cells
from backend.truth import measures
from backend.truth.fields import EPOCHS
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.figures import accuracy_histogram, space_scatter
from dashboard.links import known_cell
from dashboard.views.benchmark import choices
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.cell_panel import PANEL, cell_panel
from dashboard.views.benchmark.selection import CHART_CONFIG, cell_chart, cell_table, marked_cell
from dashboard.widgets.charts import picture_options
from dashboard.widgets.tables import csv_button

_SCATTER = "space_chart"


def space_view() -> None:
    """The view."""
    left, right = st.columns([3, 2], gap="small")
    below = st.container()
    with left, st.container(border=True, key="space_section"):
        _charts(below)
    with right:
        best = measures.accuracy(DATASETS[0], EPOCHS[-1])
        cell_panel(queries.best_cell(best), f"Best by {best.label} [{best.release}]. Click a marker for another.")


# Other axes draw the chart anew, and nothing else.
@st.fragment
def _charts(below: DeltaGenerator) -> None:
    chart = choices.CHART.segments("Chart", "What is drawn of the 15,625 cells; the page's link keeps every choice.")
    {"distribution": _distribution, "cost": _against_cost, "datasets": _datasets, "epochs": _epochs}[chart]()
    if chart == "distribution":
        with below:
            _summaries()


def _distribution() -> None:
    dataset, split = _dataset_and_split()
    shown = [measure for measure in measures.known_accuracies(dataset) if measure.key == f"{split}-accuracy"]
    table, cell = queries.space(*shown), known_cell()
    st.plotly_chart(
        accuracy_histogram(table, shown, cell.index if cell else None),
        key="distribution_chart",
        config={**CHART_CONFIG, "toImageButtonOptions": picture_options(f"{dataset} {split} accuracies")},
        alt=f"Histogram of the true accuracies of all cells on {dataset}",
    )
    _csv(table, f"{dataset} {split} accuracies")


def _against_cost() -> None:
    with st.container(key="space_controls"):
        grid = st.grid(4, min_column_width=130)
        dataset, epochs, split = choices.choose_accuracy(grid)
        with grid.cell():
            x = choices.choose_cost(dataset, epochs)
    y = choices.known_accuracy(dataset, epochs, split)
    if y:
        _scatter(x, y, with_front=True)


def _datasets() -> None:
    with st.container(key="space_controls"):
        grid = st.grid(4, min_column_width=130)
        dataset, epochs, split = choices.choose_accuracy(grid)
        with grid.cell():
            other = choices.choose_other_dataset()
    x, y = (choices.known_accuracy(name, epochs, split) for name in (other, dataset))
    if x and y and x != y:
        _scatter(x, y, with_front=True)
    elif x and y:
        st.info("Choose two different data sets.", icon=":material/info:")


def _dataset_and_split() -> tuple[str, str]:
    with st.container(key="space_controls"):
        first, second = st.columns(2)
        with first:
            dataset = choices.choose_dataset()
        with second:
            split = choices.choose_split()
    return dataset, split


def _epochs() -> None:
    dataset, split = _dataset_and_split()
    x, y = (choices.known_accuracy(dataset, epochs, split) for epochs in EPOCHS)
    if x and y:
        _scatter(x, y, with_front=False)


def _scatter(x: Measure, y: Measure, *, with_front: bool) -> None:
    table, cell = queries.space(x, y), known_cell()
    front = queries.space_front(x, y) if with_front else None
    marked = marked_cell(_SCATTER, (x, y), cell.index if cell else None)
    figure = space_scatter(table, x, y, front=front, selected=marked)
    cell_chart(figure, _SCATTER, f"{y.label} against {x.label}, all cells", fragment=PANEL)
    st.caption(_scatter_words(table, x, y))
    _csv(table if front is None else table.assign(pareto_front=front), f"{y.name} against {x.name}")
    if front is not None:
        _front_table(table[front], x, y)


def _scatter_words(table: pd.DataFrame, x: Measure, y: Measure) -> str:
    unknown = int(table[x.sourced].isna().sum())
    spearman, kendall = queries.rank_agreement(x, y)
    parts = [
        f"{NUM_CELLS - unknown:,} cells. Rank correlation: Spearman {spearman:.3f}, Kendall {kendall:.3f}.",
        "Click a cell to see it; drag to zoom in, double-click to see all.",
    ]
    if unknown:
        parts.insert(1, f"**{unknown:,} cells are not drawn: the device does not support them.**")
    return " ".join(parts)


def _front_table(front: pd.DataFrame, x: Measure, y: Measure) -> None:
    st.markdown(f"**True Pareto front** · {len(front):,} cells that no other beats in both")
    ordered = front.sort_values(y.sourced, ascending=False).reset_index()
    heads = {measure: measure.title if x.title != y.title else measure.dataset for measure in (y, x)}
    st.caption("; ".join(f"{head} [{measure.release}]" for measure, head in heads.items()))
    formats = {measure.sourced: columns.measure_column(measure, head) for measure, head in heads.items()}
    table = ordered[["index", *formats]]
    cell_table(table, f"front_{x.name}_{y.name}", {"index": columns.CELL, **formats}, "True Pareto front")


def _csv(table: pd.DataFrame, stem: str) -> None:
    def whole() -> pd.DataFrame:
        return table.assign(arch=[str(cell) for cell in enumerate_cells()]).reset_index()

    csv_button(whole, stem, "download_space", "All 15,625 cells in the chart's quantities, with all digits.")


def _summaries() -> None:
    st.subheader("All data sets", anchor=False)
    st.caption("Every true accuracy of the table over the 15,625 cells. Choose a row to see its best cell.")
    rows = []
    for dataset in DATASETS:
        for measure in measures.known_accuracies(dataset):
            numbers = summary(measures.values(measure))
            rows.append(
                {"dataset": dataset, "accuracy": measure.title, "epochs": measure.epochs}
                | {name: numbers[name] for name in ("best", "upper_quartile", "median", "lower_quartile", "worst")}
                | {"index": numbers["best_cell"], "release": measure.release}
            )
    table = pd.DataFrame(rows)
    formats = {
        "dataset": TextColumn("Data set", pinned=True),
        "accuracy": TextColumn("Accuracy"),
        "epochs": NumberColumn("Epochs", width=70),
        "index": NumberColumn("Best cell", format="%d", help="Official index; of equal cells the lowest."),
        "release": columns.RELEASE,
    }
    for name in ("best", "upper_quartile", "median", "lower_quartile", "worst"):
        formats[name] = NumberColumn(f"{name[0].upper()}{name[1:].replace('_', ' ')} (%)", format="%.2f")
    cell_table(table, "summaries", formats, "Distributions of the true accuracies")
    csv_button(table, "accuracies of NAS-Bench-201", "download_summaries")
