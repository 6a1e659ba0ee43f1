"""Whose scores a page shows: a table of a whole space, or those of a study, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from backend.spaces.base import SearchSpace
from backend.spaces.capabilities import HasTruth, require
from backend.studies import StudySummary
from dashboard.data import proxies as proxy_queries
from dashboard.data import queries
from dashboard.data import trainings as training_queries
from dashboard.data.proxies import Source
from dashboard.links import (
    STUDY,
    STUDY_PARAMETER,
    TABLE_PARAMETER,
    link_architecture,
    page_link,
    parameter,
    set_parameter,
)
from dashboard.text import plain
from dashboard.widgets.linked import LinkedChoice
from dashboard.widgets.tables import look

_KEY = "source"
MEASURED: Final = "measured"
_MEASURED_HERE: Final = {MEASURED: "Measured here"}
_OF_THE_BENCHMARK: Final = {"benchmark": "Of the benchmark"}
_NO_LABELS: Final = {"none": "None"}
_Choice = tuple[str, str]


def choose_source(fewest: int = 0) -> Source:
    """A control for the scores to look at, kept in the link; at first the first table of the whole space.

    Args:
        fewest: accuracies that were measured here, where there are no others, that the page compares with unasked.

    Raises:
        UserError: what is chosen, or named by the link, cannot be shown; the message says why.
    """
    studies = queries.studies()
    choices = _choices(studies)
    chosen = _linked() or next(iter(choices))
    # A link that was not asked for would show the newest scores, which change.
    link_source(chosen)
    st.session_state[_KEY] = chosen if chosen in choices else None
    st.selectbox(
        "Scores of",
        list(choices),
        format_func=lambda choice: choices[choice],
        key=_KEY,
        placeholder="Choose scores",
        help="A table has the scores of the whole space, from a sweep; a study those of its trials.",
        on_change=_chosen,
    )
    kind, name = chosen
    if kind == TABLE_PARAMETER:
        return proxy_queries.open_table(name)
    summary = next((item for item in studies if item.name == name), None) or queries.find_study(name)
    return proxy_queries.open_study(summary, _labels_choice(summary, fewest))


def _labels_choice(summary: StudySummary, fewest: int) -> SearchSpace | None:
    """A control for the accuracies to compare with, where some were measured here.

    Returns:
        The study's space with those that were measured here; None where the benchmark's are to be taken, or none.
    """
    measured = training_queries.space_measured_here(summary)
    if measured is None:
        return None
    choice = LinkedChoice("accuracies", _labels(summary, measured, fewest))
    if choice.problem:
        st.warning(plain(choice.problem), icon=":material/link_off:")
    chosen = choice.segments(
        "Accuracies",
        "A benchmark's, or those that were measured here by training architectures of the study. The two are never "
        "mixed. Without any, the rule without labels recommends.",
    )
    return measured if chosen == MEASURED else None


def _labels(summary: StudySummary, measured: SearchSpace, fewest: int) -> dict[str, str]:
    """What can be chosen, the default first."""
    if not queries.lacking(summary, HasTruth):
        return _OF_THE_BENCHMARK | _MEASURED_HERE
    truth = require(measured, HasTruth, "labels")
    known = max(len(truth.values(task.dataset, task.epochs)) for task in truth.tasks)
    return _MEASURED_HERE | _NO_LABELS if known >= fewest else _NO_LABELS | _MEASURED_HERE


def _choices(studies: Sequence[StudySummary]) -> Mapping[_Choice, str]:
    tables = {(TABLE_PARAMETER, file.name): f"Whole space: {file.title}" for file in proxy_queries.tables()}
    return {**tables, **{(STUDY_PARAMETER, item.name): f"Study: {item.name} ({_words(item)})" for item in studies}}


def _words(item: StudySummary) -> str:
    dataset = f"{item.config.dataset}, " if item.config else ""
    return f"{dataset}{look(item.run).word.lower()}, {item.trials:,} trials"


def _linked() -> _Choice | None:
    for kind in (STUDY_PARAMETER, TABLE_PARAMETER):
        if name := parameter(kind):
            return kind, name
    return None


def link_source(choice: tuple[str, str]) -> None:
    """Put a table or a study, by its link parameter and its name, into the page's link."""
    kind, name = choice
    other = STUDY_PARAMETER if kind == TABLE_PARAMETER else TABLE_PARAMETER
    set_parameter(kind, name)
    set_parameter(other, None)


def _chosen() -> None:
    choice = st.session_state[_KEY]
    if choice:
        link_source(choice)
        link_architecture(None)


def source_origin(source: Source) -> None:
    """A line on the images and, for a study, a link to it and, while it grows, a button that reads it again."""
    st.caption(f":material/image: {plain(source.origin)}")
    if source.measured:
        st.caption(f":material/model_training: {plain(source.measured)}")
    if source.kind != "study":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        link = {STUDY_PARAMETER: source.name}
        page_link(STUDY, "Open the study", ":material/scatter_plot:", "Its page.", link)
        if source.active:
            st.button(
                f"Read its new {source.space.words.many}",
                icon=":material/refresh:",
                key="refresh",
                help="The search goes on; what is shown is as of the last time that this page was read.",
            )
