"""Everything about one cell: how good it is, what surrounds it, and all that was recorded of it."""

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.datasets.info import DATASETS
from backend.spaces.nas_bench_201.cell import EDGES, NUM_CELLS, Cell
from backend.truth import measures
from backend.truth.fields import EPOCHS, truth_fields
from backend.truth.measures import Measure
from backend.truth.records import training_records, training_runs
from dashboard.data import queries
from dashboard.figures import neighbour_grid
from dashboard.figures.cell_graph import OPERATION_NAMES
from dashboard.figures.numbers import readable
from dashboard.links import known_cell
from dashboard.views.benchmark import choices
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.cell_finder import cell_finder
from dashboard.views.benchmark.selection import cell_chart, cell_table
from dashboard.widgets.charts import drawing_config
from dashboard.widgets.tables import csv_button

_GRID = "neighbour_chart"
_WIDE = 440


def cell_view() -> None:
    """The view."""
    cell = known_cell()
    best = measures.accuracy(DATASETS[0], EPOCHS[-1])
    shown = cell or queries.best_cell(best)
    with st.container(key="cell_heading"):
        st.subheader(f"Cell {shown.index:,}", anchor=False)
    st.caption(_words(shown) if cell else f"The best by {best.label} [{best.release}]. {_words(shown)}")
    cell_finder(shown)
    _places(shown)
    measure = _choose()
    if measure:
        _neighbours(shown, measure)
    dataset = measure.dataset if measure else choices.DATASET.value
    grid = st.grid(2, min_column_width=_WIDE, gap="medium")
    with grid.cell():
        _records(shown, dataset)
    with grid.cell():
        _costs(shown, dataset)
    _runs(shown, dataset, measure.epochs if measure and measure.epochs else EPOCHS[-1])
    _twins(shown)


def _words(cell: Cell) -> str:
    if not cell.connected:
        return "Nothing connects its input to its output."
    return f"It computes {cell.canonical()}, where P pools and each convolution has its own weights."


def _places(cell: Cell) -> None:
    st.markdown("**True accuracy, and its place among all 15,625 cells**")
    rows = []
    for dataset in DATASETS:
        for measure in measures.known_accuracies(dataset):
            place = queries.standing_of(cell, measure)
            rows.append(
                {
                    "dataset": dataset,
                    "images": measure.title.removesuffix(" accuracy"),
                    "epochs": measure.epochs,
                    **place,
                    "release": measure.release,
                }
            )
    table = pd.DataFrame(rows)
    with st.container(key="places"):
        st.dataframe(
            table,
            key="places_table",
            hide_index=True,
            height="content",
            column_config={
                "dataset": TextColumn("Data set", pinned=True),
                "images": TextColumn("Images", help="Test images, or those held back for validation."),
                "epochs": NumberColumn("Epochs", width=70),
                "value": columns.ACCURACY,
                "rank": columns.RANK,
                "percentile": columns.PERCENTILE,
                "gap": columns.GAP,
                "release": columns.RELEASE,
            },
            alt=f"True accuracies, ranks and percentiles of cell {cell.index}",
        )
    csv_button(table, f"cell {cell.index} places", "download_places")


def _choose() -> Measure | None:
    with st.container(key="cell_controls"):
        grid = st.grid(3, min_column_width=150)
        dataset, epochs, split = choices.choose_accuracy(grid)
    return choices.known_accuracy(dataset, epochs, split)


def _neighbours(cell: Cell, measure: Measure) -> None:
    with st.container(border=True, key="neighbours_section"):
        st.markdown("**Its 24 neighbours**", help="The cells that differ from it in the operation on one edge.")
        accuracies = queries.standings(measure)["value"]
        edits = cell.neighbours()
        better = sum(accuracies[edit.cell.index] > accuracies[cell.index] for edit in edits)
        st.caption(_better_words(better, measure))
        grid = st.grid(2, min_column_width=_WIDE, gap="medium")
        with grid.cell():
            cell_chart(
                neighbour_grid(cell, accuracies, measure),
                _GRID,
                f"Accuracies of the 24 neighbours of cell {cell.index}",
                config=drawing_config(f"neighbours of cell {cell.index}"),
            )
        with grid.cell():
            _neighbour_table(cell, measure)


def _better_words(better: int, measure: Measure) -> str:
    found = f"{better} of 24 are better" if better else "None is better: a local optimum"
    return f"{found} by {measure.label} [{measure.release}]. Click a tile, or a row, to go there."


def _neighbour_table(cell: Cell, measure: Measure) -> None:
    shown = [
        other
        for dataset in DATASETS
        for other in measures.known_accuracies(dataset)
        if (other.key, other.epochs) == (measure.key, measure.epochs)
    ]
    shown.sort(key=lambda other: other != measure)
    accuracies = queries.space(*shown)
    rows = [
        {
            "index": edit.cell.index,
            "edge": "{} → {}".format(*EDGES[edit.edge]),
            "operation": OPERATION_NAMES[edit.operation],
            **accuracies.loc[edit.cell.index].to_dict(),
        }
        for edit in cell.neighbours()
    ]
    table = pd.DataFrame(rows).sort_values(measure.sourced, ascending=False, ignore_index=True)
    st.caption(f"{measure.title} after {measure.epochs} epochs (%): {measures.sources(shown)}")
    formats = {
        "index": columns.CELL,
        "edge": TextColumn("Edge", width=70, help="The edge that is changed."),
        "operation": TextColumn("Becomes", width=110, help="Its operation in the neighbour."),
        **{other.sourced: columns.measure_column(other, other.dataset) for other in shown},
    }
    cell_table(table, f"neighbours_{cell.index}_{measure.name}", formats, f"Neighbours of cell {cell.index}")
    csv_button(table, f"cell {cell.index} neighbours", "download_neighbours")


def _records(cell: Cell, dataset: str) -> None:
    st.markdown(f"**All records on {dataset}**", help="What the official API returns, under its names.")
    records = training_records(cell)
    here = records[records["dataset"] == dataset]
    rows = []
    for name, group in here.groupby("field", sort=False):
        row = {"Field": str(name)}
        for record in group.itertuples():
            row[f"{record.epochs} epochs"] = readable(float(str(record.value)), str(record.unit))
            row[f"Release ({record.epochs})"] = str(record.release)
        rows.append(row)
    with st.container(key="records"):
        st.dataframe(pd.DataFrame(rows), hide_index=True, height="content", key="records_table", alt="All records")
    if here["value"].isna().any():
        st.caption("–: not in the table; the official files of the benchmark have it.")
    csv_button(records, f"cell {cell.index} records", "download_records", "All records on all data sets.")


def _runs(cell: Cell, dataset: str, epochs: int) -> None:
    """Each seed of the imported releases; nothing where the cell is in none."""
    runs = training_runs(cell, dataset, epochs)
    if runs.empty:
        return
    st.markdown(
        f"**Each training run on {dataset}, {epochs} epochs**",
        help="From the imported official files: a row a seed, and the mean of a release's seeds.",
    )
    formats: dict[str, ColumnConfig] = {
        "release": columns.RELEASE,
        "seed": TextColumn("Seed", width=70, help="Of the training run; mean: over the release's runs."),
    }
    fields = sorted(truth_fields(dataset), key=lambda field: not field.name.endswith("accuracy"))
    for field in fields:
        shape = "%.2f" if field.unit == "%" else "%.5g"
        formats[field.name] = NumberColumn(f"{field.name} ({field.unit})", format=shape, help=f"On {field.images}.")
    st.dataframe(
        runs[list(formats)],
        key="runs_table",
        hide_index=True,
        height="content",
        column_config=formats,
        placeholder="–",
        alt=f"Training runs of cell {cell.index} on {dataset}",
    )
    csv_button(runs, f"cell {cell.index} runs {dataset} {epochs} epochs", "download_runs")


def _costs(cell: Cell, dataset: str) -> None:
    st.markdown(f"**Costs on {dataset}**", help="Size, time of a training, and HW-NAS-Bench's latencies and energies.")
    of_each_training = zip(*(measures.costs(dataset, epochs) for epochs in EPOCHS), strict=True)
    offered = dict.fromkeys(cost for both in of_each_training for cost in both)
    rows = []
    for cost in offered:
        place = queries.standing_of(cell, cost)
        title = f"{cost.title}, {cost.epochs} epochs" if cost.epochs else cost.title
        rows.append(
            {
                "cost": title,
                "shown": "not supported" if pd.isna(place["value"]) else readable(place["value"], cost.unit),
                "percentile": place["percentile"],
                "release": cost.release,
                "value": place["value"],
                "unit": cost.unit,
            }
        )
    table = pd.DataFrame(rows)
    st.dataframe(
        table,
        key="costs_table",
        hide_index=True,
        height="content",
        column_order=["cost", "shown", "percentile", "release"],
        column_config={
            "cost": TextColumn("Cost", pinned=True),
            "shown": TextColumn("Value", alignment="right"),
            "percentile": NumberColumn(
                "Cheaper than", format="%.1f %%", help="Share of all measured cells that are no cheaper."
            ),
            "release": columns.RELEASE,
        },
        placeholder="–",
        alt=f"Costs of cell {cell.index}",
    )
    csv_button(table.drop(columns="shown"), f"cell {cell.index} costs {dataset}", "download_costs")


def _twins(cell: Cell) -> None:
    twins = cell.twins()
    st.markdown(
        "**Its twins**",
        help="Cells that compute the same function of their weights. Each was trained for itself: what their "
        "accuracies differ by is the noise of training.",
    )
    if not twins:
        st.caption("No other cell computes the same function.")
        return
    shown = [measures.accuracy(dataset, EPOCHS[-1]) for dataset in DATASETS]
    st.caption(
        f"{len(twins):,} of the {NUM_CELLS:,} cells compute the same function. Test accuracy after {EPOCHS[-1]} epochs "
        f"{measures.sources(shown)}. Choose a row to go there."
    )
    indices = [twin.index for twin in twins]
    accuracies = queries.space(*shown).loc[indices].reset_index()
    accuracies["arch"] = [str(twin) for twin in twins]
    formats = {"index": columns.CELL, "arch": columns.ARCH}
    formats |= {measure.sourced: columns.measure_column(measure, measure.dataset) for measure in shown}
    cell_table(accuracies, f"twins_{cell.index}", formats, f"Twins of cell {cell.index}")
    csv_button(accuracies, f"cell {cell.index} twins", "download_twins")
