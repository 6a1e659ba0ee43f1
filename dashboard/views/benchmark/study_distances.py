"""How far a study's trials are from the best of the space, on each data set."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn
from streamlit.elements.lib.column_types import ColumnConfig

from backend.analysis.regret import Regret, placed, regret
from backend.datasets.info import DATASETS
from backend.truth import measures
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.figures import study_percentiles
from dashboard.views.benchmark import choices as columns
from dashboard.views.benchmark.cell_panel import PANEL
from dashboard.views.benchmark.selection import cell_chart, cell_table
from dashboard.widgets.tables import csv_button

_CHART = "study_places"


def percentiles_section(cells: pd.DataFrame, epochs: int, split: str, name: str) -> None:
    """A chart of where the cells lie on each data set.

    Args:
        cells: as ``backend.analysis.regret.benchmark_cells`` gives them.
        epochs: length of the training.
        split: images that accuracy is measured on.
        name: of the study.
    """
    places = _places(cells, epochs, split)
    with st.container(border=True, key="percentiles_section"):
        st.markdown(
            "**On each data set**",
            help="A random choice of cells spreads evenly from 0 to 100; a good search crowds to the right.",
        )
        alt = "The study's cells by percentile of the space on each data set"
        cell_chart(study_percentiles(places), _CHART, alt, fragment=PANEL)
        tables = [table.assign(dataset=item.dataset, release=item.release) for item, table in places.items()]
        csv_button(pd.concat(tables), f"{name} percentiles", "download_percentiles")


def distances_section(cells: pd.DataFrame, epochs: int, split: str, name: str, allowed: Sequence[int]) -> None:
    """A table of the distances to the optimum, and one of the recommended trials.

    Arguments as of the chart; ``allowed`` are the official indices of the cells that the study's search allows.
    """
    st.subheader("Distance to the optimum", anchor=False)
    measured = ((measure, queries.standings(measure)["value"]) for measure in _shown(epochs, split))
    table = pd.DataFrame([_regret_row(measure, regret(cells, values, allowed)) for measure, values in measured])
    if not table["allowed_gap"].gt(0).any():
        table = table.drop(columns=["allowed", "allowed_gap", "allowed_rank", "allowed_cell"])
    st.dataframe(
        table,
        key="regret_table",
        hide_index=True,
        column_config=_regret_formats(),
        placeholder="–",
        alt="Distances of the study's best trials to the optimum of each data set",
    )
    csv_button(table, f"{name} distances to the optimum", "download_regret")
    _recommended(_places(cells, epochs, split), name)


def _shown(epochs: int, split: str) -> list[Measure]:
    """The accuracies of that training and those images: of each data set that has them."""
    known = (measure for dataset in DATASETS for measure in measures.known_accuracies(dataset))
    return [measure for measure in known if (measure.epochs, measure.key) == (epochs, f"{split}-accuracy")]


def _places(cells: pd.DataFrame, epochs: int, split: str) -> dict[Measure, pd.DataFrame]:
    return {measure: placed(cells, queries.standings(measure)["value"]) for measure in _shown(epochs, split)}


def _regret_row(measure: Measure, short: Regret) -> dict[str, object]:
    row: dict[str, object] = {
        "dataset": measure.dataset,
        "optimum": short.optimum.value,
        "optimum_cell": short.optimum.cell,
    }
    places = {"allowed": short.allowed, "recommended": short.recommended, "found": short.found}
    for name, place in places.items():
        row |= {
            name: place.value if place else None,
            f"{name}_gap": place.gap if place else None,
            f"{name}_rank": place.rank if place else None,
            f"{name}_cell": place.cell if place else None,
        }
    return row | {"typical_gap": short.typical_gap, "release": measure.release}


def _regret_formats() -> dict[str, ColumnConfig]:
    return {
        "dataset": TextColumn("Data set", pinned=True),
        "optimum": NumberColumn("Optimum (%)", format="%.3f", help="The best accuracy of all 15,625 cells."),
        "optimum_cell": NumberColumn("Its cell", format="%d"),
        "allowed": NumberColumn(
            "Allowed (%)", format="%.3f", help="The best of the cells that its operations and constraints allow."
        ),
        "allowed_gap": NumberColumn("Short by (points)   ", format="%.3f"),
        "allowed_rank": columns.RANK,
        "allowed_cell": NumberColumn("Its cell   ", format="%d"),
        "recommended": NumberColumn("Recommended (%)", format="%.3f", help="The best of the recommended trials."),
        "recommended_gap": NumberColumn("Short by (points)", format="%.3f"),
        "recommended_rank": columns.RANK,
        "recommended_cell": NumberColumn("Its cell ", format="%d"),
        "found": NumberColumn("Best trial (%)", format="%.3f", help="The best of all the study's trials."),
        "found_gap": NumberColumn("Short by (points) ", format="%.3f"),
        "found_rank": columns.RANK,
        "found_cell": NumberColumn("Its cell  ", format="%d"),
        "typical_gap": NumberColumn("Typical gap", format="%.3f", help="Median of the recommended trials' gaps."),
        "release": columns.RELEASE,
    }


def _recommended(places: Mapping[Measure, pd.DataFrame], name: str) -> None:
    st.markdown("**Recommended trials**", help="The trials that no other of the study beats in all its objectives.")
    tables = list(places.items())
    first_measure, first = tables[0]
    table = first.loc[first["recommended"], ["index", "number"]].reset_index(drop=True)
    for measure, cells in tables:
        some = cells[cells["recommended"]].reset_index(drop=True)
        table[measure.sourced] = some["value"]
        table[f"rank on {measure.dataset}"] = some["rank"]
    st.caption(
        f"{first_measure.title} after {first_measure.epochs} epochs (%), and its rank among all cells: "
        f"{measures.sources(list(places))}. Choose a row to see its cell."
    )
    formats = {"index": columns.CELL, "number": NumberColumn("Trial", width=70)}
    for measure in places:
        formats[measure.sourced] = columns.measure_column(measure, measure.dataset)
        formats[f"rank on {measure.dataset}"] = NumberColumn("Rank", format="localized", width=70)
    cell_table(table, f"recommended_{name}_{len(table)}", formats, "Recommended trials")
    csv_button(table, f"{name} recommended", "download_recommended")
