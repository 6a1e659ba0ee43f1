"""An architecture beside a chart: its drawing and how good it is, and the way to all about it."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from backend.spaces.base import Label
from backend.truth.measures import Measure
from dashboard.data import queries
from dashboard.figures.numbers import readable
from dashboard.links import known_architecture, link_architecture
from dashboard.views.benchmark.architecture_finder import draw
from dashboard.views.benchmark.choices import Choices
from dashboard.views.benchmark.selection import title_of

PANEL: Final = "cell_panel_fragment"


@st.fragment(key=PANEL)
def architecture_panel(choices: Choices, best: Label, why: str) -> None:
    """Draw the page's architecture with its accuracies and ranks.

    Args:
        choices: of the page.
        best: label of the one to show where the link names none.
        why: why it is this one.
    """
    space, words = choices.space, choices.words
    linked = known_architecture(space)
    architecture = linked or space.at(best)
    label = space.label(architecture)
    with st.container(border=True, key="cell_panel"):
        st.markdown(f"**{title_of(space, label)}**")
        st.caption(f"Chosen {words.one}" if linked else why)
        draw(space, architecture, "panel_graph")
        for known in _alike(choices):
            _accuracies(choices, label, known)
        st.button(
            f"All about this {words.one}",
            icon=":material/open_in_full:",
            key="open_cell",
            on_click=_open,
            args=(choices, label),
            help=f"All its records, isomorphic {words.many} and neighbours.",
        )


def _alike(choices: Choices) -> Sequence[list[Measure]]:
    """The true values on each data set, by length of training and metric."""
    groups: dict[tuple[int | None, str], list[Measure]] = {}
    for epochs in choices.lengths:
        for name in choices.datasets:
            measure = choices.accuracy(name, epochs) if epochs in choices.lengths_of(name) else None
            if measure:
                groups.setdefault((epochs, measure.titled), []).append(measure)
    return list(groups.values())


def _accuracies(choices: Choices, label: Label, shown: Sequence[Measure]) -> None:
    """One metric after one length of training; the values are all from one release."""
    rows = []
    for measure in shown:
        place = queries.standing_of(label, measure)
        rows.append(
            {
                "Data set": measure.dataset,
                "Accuracy" if measure.unit == "%" else measure.title: readable(place["value"], measure.unit),
                "Rank": readable(place["rank"]),
            }
        )
    releases = ", ".join(dict.fromkeys(measure.release for measure in shown))
    st.caption(f"{shown[0].title} after {shown[0].epochs} epochs, rank of {choices.size:,} [{releases}]")
    st.table(pd.DataFrame(rows), border="horizontal", hide_index=True)


def _open(choices: Choices, label: Label) -> None:
    link_architecture(label)
    choices.view.choose("cell")
    st.rerun()
