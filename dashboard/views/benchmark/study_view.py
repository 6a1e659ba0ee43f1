"""A study in the space: where its cells lie, and how far its best are from the optimum."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from backend.analysis.regret import Place, benchmark_cells, placed, regret
from backend.spaces import registry
from backend.spaces.nas_bench_201.cell import Cell
from backend.studies import StudySummary
from backend.truth import measures
from backend.truth.fields import EPOCHS
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.figures import space_scatter
from dashboard.figures.numbers import readable
from dashboard.links import (
    NEW_SEARCH,
    STUDIES,
    STUDY,
    STUDY_PARAMETER,
    known_cell,
    link_study,
    page_link,
    parameter,
)
from dashboard.text import plain
from dashboard.views.benchmark import choices
from dashboard.views.benchmark.cell_panel import PANEL, cell_panel
from dashboard.views.benchmark.selection import cell_chart, marked_cell
from dashboard.views.benchmark.study_distances import distances_section, percentiles_section
from dashboard.widgets.tables import csv_button

_SCATTER = "study_scatter"


def study_view() -> None:
    """The view."""
    names = [summary.name for summary in queries.studies()]
    if not names:
        st.info("There is no study yet. Launch a search, and its cells are placed here.", icon=":material/info:")
        page_link(STUDIES, "Run the example search", ":material/play_arrow:")
        page_link(NEW_SEARCH, "Set up a search", ":material/tune:")
        return
    dataset, epochs, split, summary = _controls(names)
    frame = queries.trials(summary)
    cells = benchmark_cells(frame, registry.get())
    if cells.empty:
        st.info(_no_cells(frame), icon=":material/info:")
        return
    shown = choices.known_accuracy(dataset, epochs, split)
    if shown:
        _metrics(cells, shown, summary)
    left, right = st.columns([3, 2], gap="small")
    with left:
        if shown:
            _cells_in_space(cells, shown, summary)
        percentiles_section(cells, epochs, split, summary.name)
    with right:
        cell_panel(_best(cells, shown or measures.accuracy(dataset, EPOCHS[-1])), "The best of the recommended trials")
    distances_section(cells, epochs, split, summary.name, _allowed(summary))


def _controls(names: list[str]) -> tuple[str, int, str, StudySummary]:
    asked = parameter(STUDY_PARAMETER)
    asked = names[0] if asked is None else asked
    with st.container(key="study_controls"):
        grid = st.grid(4, min_column_width=130)
        if asked in names:
            st.session_state["benchmark_study"] = asked
        grid.selectbox(
            "Study",
            names,
            index=0 if asked in names else None,
            key="benchmark_study",
            placeholder="Choose a study",
            help="Whose cells are placed in the space. The newest is on top.",
            on_change=lambda: link_study(st.session_state["benchmark_study"]),
        )
        dataset, epochs, split = choices.choose_accuracy(grid)
    return dataset, epochs, split, queries.find_study(asked)


def _no_cells(frame: pd.DataFrame) -> str:
    if "arch" not in frame and len(frame):
        return "This study's trials name no cells of NAS-Bench-201, so they have no place in its space."
    return (
        "No trial of this study has scored a cell at C = 16, N = 5 yet, the size of the networks that the benchmark "
        "trained."
    )


def _allowed(summary: StudySummary) -> list[int]:
    return queries.allowed_cells(summary.config) if summary.config else []


def _best(cells: pd.DataFrame, measure: Measure) -> Cell:
    short = regret(cells, queries.standings(measure)["value"])
    return Cell.from_index((short.recommended or short.found or short.optimum).cell)


@st.fragment
def _cells_in_space(cells: pd.DataFrame, shown: Measure, summary: StudySummary) -> None:
    with st.container(border=True, key="study_section"):
        cost = choices.choose_cost(shown.dataset, shown.epochs or EPOCHS[-1])
        table, cell = queries.space(cost, shown), known_cell()
        marked = marked_cell(_SCATTER, (cost, shown, summary.name, len(cells)), cell.index if cell else None)
        bounds = [item for item in summary.config.constraints if item.metric == cost.key] if summary.config else []
        figure = space_scatter(table, cost, shown, trials=cells, bounds=bounds, selected=marked)
        alt = f"The study's cells among all: {shown.label} against {cost.label}"
        cell_chart(figure, _SCATTER, alt, fragment=PANEL)
        missing = int(table.loc[cells["index"], cost.sourced].isna().sum())
        if missing:
            st.caption(f"**{missing:,} of its cells are not drawn: the device does not support them.**")
        drawn = placed(cells, queries.standings(shown)["value"]).join(table[cost.sourced], on="index")
        csv_button(
            drawn.assign(release=shown.release),
            f"{summary.name} in the space",
            "download_study_cells",
            "The study's cells, a row each, with accuracy, rank and cost.",
        )


def _metrics(cells: pd.DataFrame, shown: Measure, summary: StudySummary) -> None:
    short = regret(cells, queries.standings(shown)["value"], _allowed(summary))
    count = int(cells["recommended"].sum())
    recommended = "Recommended trial" if count == 1 else f"Best of {count:,} recommended"
    limited = short.allowed is not None and short.allowed.gap > 0
    with st.container(key="study_figures"):
        grid = st.grid(5 if limited else 4, min_column_width=150)
        words = f"The best of all cells by {shown.label} [{shown.release}]: cell {short.optimum.cell:,}."
        _figure(grid, "Optimum of the space", readable(short.optimum.value, "%"), f"cell {short.optimum.cell:,}", words)
        if limited:
            words = "The best of the cells that the study's operations and constraints allow: what it could reach."
            _place_metric(grid, "Best that it allows", short.allowed, words)
        words = "The trials that no other of the study beats in all its objectives are what it recommends."
        if limited and short.allowed and short.recommended:
            words += f" {short.allowed.value - short.recommended.value:.2f} points short of the best that it allows."
        _place_metric(grid, recommended, short.recommended, words)
        _place_metric(grid, "Best of all its trials", short.found, "What a perfect choice among its trials would give.")
        words = "Median distance of the recommended trials to the optimum: what choosing among them blindly costs."
        scored = f"{len(cells):,} distinct cells scored"
        _figure(grid, "Typical gap", readable(short.typical_gap, "points"), scored, words)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{shown.label} [{shown.release}]")
        page_link(
            STUDY,
            f"Open {plain(summary.name)}",
            ":material/scatter_plot:",
            "The study's own page.",
            {STUDY_PARAMETER: summary.name},
        )


def _place_metric(grid: DeltaGenerator, name: str, place: Place | None, words: str) -> None:
    below = f"{place.gap:.2f} points short, rank {place.rank:,}" if place else "none yet"
    _figure(grid, name, readable(place.value if place else None, "%"), below, words)


def _figure(grid: DeltaGenerator, name: str, value: str, below: str, words: str) -> None:
    grid.metric(name, value, help=words, delta=below, delta_color="off", delta_arrow="off")
