"""A study in its space: where its architectures lie, and how far its best are from the optimum."""

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.grid_container import GridContainer

from backend.analysis.regret import Place, benchmark_cells, regret
from backend.spaces.base import Label, with_article
from backend.studies import StudySummary
from backend.truth.measures import Measure
from dashboard.cards.benchmark import study_card
from dashboard.data import configurations, queries
from dashboard.figures.numbers import readable
from dashboard.links import (
    NEW_SEARCH,
    STUDIES,
    STUDY,
    STUDY_PARAMETER,
    known_architecture,
    link_study,
    page_link,
    parameter,
)
from dashboard.text import plain
from dashboard.views.benchmark.architecture_panel import PANEL, architecture_panel
from dashboard.views.benchmark.choices import Choices
from dashboard.views.benchmark.selection import architecture_chart, marked
from dashboard.views.benchmark.study_distances import distances_section, percentiles_section
from dashboard.widgets.tables import csv_button

_SHOWN = 20


def study_view(page: Choices) -> None:
    """The view: of the space that the study searches, whichever the page is about otherwise.

    Args:
        page: choices of the page.
    """
    names = [summary.name for summary in queries.studies()]
    if not names:
        many = page.words.many
        st.info(f"There is no study yet. Launch a search, and its {many} are placed here.", icon=":material/info:")
        page_link(STUDIES, "Run the example search", ":material/play_arrow:")
        page_link(NEW_SEARCH, "Set up a search", ":material/tune:")
        return
    with st.container(key="study_controls"):
        grid = st.grid(4, min_column_width=130)
        summary = queries.find_study(_choose_study(grid, names))
        if why := _no_place(summary):
            st.info(plain(why), icon=":material/info:")
            return
        assert summary.space
        choices = Choices(summary.space)
        dataset, epochs, split = choices.choose_accuracy(grid)
    scored = benchmark_cells(queries.trials(summary), choices.space)
    if scored.empty:
        scores = with_article(choices.space.indexed)
        why = f"No trial of this study has scored {scores} yet, so it has no place in the space."
        st.info(plain(why), icon=":material/info:")
        return
    shown = choices.known_accuracy(dataset, epochs, split)
    if shown:
        _metrics(choices, scored, shown, summary)
    left, right = st.columns([3, 2], gap="small")
    with left:
        if shown:
            _in_space(choices, scored, shown, summary)
        percentiles_section(choices, scored, epochs, split, summary.name)
    with right:
        by = shown or choices.accuracy(dataset, choices.lengths[0]) or choices.best()
        architecture_panel(choices, _best(scored, by), "The best of the recommended trials")
    distances_section(choices, scored, epochs, split, summary.name, _allowed(summary))


def _choose_study(grid: GridContainer, names: list[str]) -> str:
    asked = parameter(STUDY_PARAMETER)
    asked = names[0] if asked is None else asked
    if asked in names:
        st.session_state["benchmark_study"] = asked
    grid.selectbox(
        "Study",
        names,
        index=0 if asked in names else None,
        key="benchmark_study",
        placeholder="Choose a study",
        help="Whose trials are placed in the space. The newest is on top.",
        on_change=lambda: link_study(st.session_state["benchmark_study"]),
    )
    return asked


def _no_place(summary: StudySummary) -> str:
    """Why a study has no place among trained architectures; "" where it has."""
    if summary.run is None:
        return "This is an external study: its trials name no architectures, so they have no place in a search space."
    return queries.missing_space(summary) or (Choices(summary.space).missing if summary.space else "")


def _allowed(summary: StudySummary) -> list[int]:
    return configurations.allowed(summary.config) if summary.config else []


def _best(scored: pd.DataFrame, measure: Measure) -> Label:
    short = regret(scored, queries.standings(measure)["value"])
    return (short.recommended or short.found or short.optimum).architecture


@st.fragment
def _in_space(choices: Choices, scored: pd.DataFrame, shown: Measure, summary: StudySummary) -> None:
    with st.container(border=True, key="study_section"):
        cost = choices.choose_cost(shown.dataset, shown.epochs or choices.lengths[0])
        if cost is None:
            return
        architecture = known_architecture(choices.space)
        label = choices.space.label(architecture) if architecture else None
        selected = marked("study_scatter", (cost, shown, summary.name, len(scored)), label)
        bounds = [item for item in summary.config.constraints if item.metric == cost.key] if summary.config else []
        card = study_card(choices.space, scored, cost, shown, bounds, selected)
        architecture_chart(card, fragment=PANEL)
        if card.help:
            st.caption(f"**{card.help}**")
        csv_button(
            card.data,
            f"{summary.name} in the space",
            "download_study_cells",
            f"The study's {choices.words.many}, a row each, with accuracy, rank and cost.",
        )


def _metrics(choices: Choices, scored: pd.DataFrame, shown: Measure, summary: StudySummary) -> None:
    one, many = choices.words.one, choices.words.many
    short = regret(scored, queries.standings(shown)["value"], _allowed(summary))
    count = int(scored["recommended"].sum())
    recommended = "Recommended trial" if count == 1 else f"Best of {count:,} recommended"
    limited = short.allowed is not None and short.allowed.gap > 0
    with st.container(key="study_figures"):
        grid = st.grid(5 if limited else 4, min_column_width=150)
        best = _shown_label(short.optimum.architecture)
        words = f"The best of all {many} by {shown.label} [{shown.release}]: {one} {best}."
        _figure(
            grid,
            "Optimum of the space",
            readable(short.optimum.value, shown.unit),
            f"{one} {best}",
            words,
        )
        if limited:
            words = f"The best of the {many} that the study's choices and constraints allow: what it could reach."
            _place_metric(grid, "Best that it allows", short.allowed, words, shown)
        words = "The trials that no other of the study beats in all its objectives are what it recommends."
        if limited and short.allowed and short.recommended:
            gap = _difference(short.allowed.value - short.recommended.value, shown)
            words += f" {gap} short of the best that it allows."
        _place_metric(grid, recommended, short.recommended, words, shown)
        _place_metric(
            grid, "Best of all its trials", short.found, "What a perfect choice among its trials would give.", shown
        )
        words = "Median distance of the recommended trials to the optimum: what choosing among them at random costs."
        below = f"{len(scored):,} distinct {many} scored"
        _figure(grid, "Typical gap", readable(short.typical_gap, shown.points), below, words)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{shown.label} [{shown.release}]")
        page_link(
            STUDY,
            f"Open {plain(summary.name)}",
            ":material/scatter_plot:",
            "The study's own page.",
            {STUDY_PARAMETER: summary.name},
        )


def _shown_label(label: Label) -> str:
    return f"{label:,}" if isinstance(label, int) else f"{label[:_SHOWN]}…" if len(label) > _SHOWN else label


def _place_metric(grid: DeltaGenerator, name: str, place: Place | None, words: str, shown: Measure) -> None:
    below = f"{_difference(place.gap, shown)} short, rank {place.rank:,}" if place else "none yet"
    _figure(grid, name, readable(place.value if place else None, shown.unit), below, words)


def _difference(gap: float, shown: Measure) -> str:
    return f"{gap:.2f} points" if shown.points == "points" else readable(gap, shown.points)


def _figure(grid: DeltaGenerator, name: str, value: str, below: str, words: str) -> None:
    grid.metric(name, value, help=words, delta=below, delta_color="off", delta_arrow="off")
