"""The first view of a study: its progress, its fronts, the architecture that is chosen, and the best trials."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Final

import pandas as pd
import streamlit as st

from backend.spaces.base import Label
from backend.spaces.capabilities import HasTruth, truth_field
from backend.studies import StudySummary
from backend.studies.trainings import Training
from backend.training.measured import progress_words, shortlist_progress
from dashboard.data import queries
from dashboard.data import trainings as training_queries
from dashboard.data.cache import kept
from dashboard.data.optuna_studies import optuna_study
from dashboard.figures.numbers import readable
from dashboard.links import link_trial
from dashboard.text import plain
from dashboard.views.study.architecture import architecture_section
from dashboard.views.study.pareto import pareto_section
from dashboard.views.study.progress import progress_section
from dashboard.views.study.settings import show_slices
from dashboard.views.study.shown import Shown
from dashboard.views.study.training import training_section
from dashboard.widgets.shortlist_table import shortlist_table
from dashboard.widgets.trial_tables import best_trials, best_trials_table, trials_table

_LONGEST_ATTRIBUTE: Final = 1_000
"""Characters of a value."""


def recommended_line(summary: StudySummary, found: Sequence[Training], *, active: bool) -> None:
    """One line for the top of the page that names the architecture, and leads to the section.

    Args:
        summary: of the study.
        found: the trainings of its architectures.
        active: whether its search goes on.
    """
    table, _rule = _recommendation(summary, active=active)
    if table.empty or summary.space is None:
        return
    progress = shortlist_progress(summary.space, list(table.index), found)
    if said := progress_words(summary.space, progress):
        st.markdown(f":material/recommend: Recommended without labels: {plain(said)}. [Which, and how](#trained-here)")
        return
    st.markdown(
        f":material/recommend: Recommended without labels: train **{_named(summary, table.index[0])}**. "
        "[Why, and which next](#recommended)"
    )


def recommended_section(summary: StudySummary, found: Sequence[Training], *, active: bool) -> None:
    """Draw it; a live study has none yet, and a study without enough scores never has one.

    Args:
        summary: of the study.
        found: the trainings of its architectures.
        active: whether its search goes on.
    """
    table, rule = _recommendation(summary, active=active)
    if summary.config is None or active:
        return
    if not table.empty:
        _recommended(summary, table, rule, found)
    training_section(summary, found, len(table))


def _recommended(summary: StudySummary, table: pd.DataFrame, rule: str, found: Sequence[Training]) -> None:
    st.subheader("Recommended", anchor="recommended")
    space, said = summary.space, ""
    if space and found:
        progress = shortlist_progress(space, list(table.index), found)
        table, said = table.join(progress), progress_words(space, progress)
    if said:
        st.markdown(f":material/model_training: {plain(said[:1].upper() + said[1:])}.")
    else:
        st.markdown(f"Train **{_named(summary, table.index[0])}**{_known_of(summary, table)}")
    st.caption(plain(rule))
    if space:
        field = truth_field(space, summary.trained_on)
        shortlist_table(table, space, field, "recommended", f"{summary.name} recommended")


def _known_of(summary: StudySummary, table: pd.DataFrame) -> str:
    """What is known of the shortlist, as the end of a sentence."""
    if table["accuracy"].isna().all() or summary.config is None:
        return plain(f". {queries.lacking(summary, HasTruth)}".rstrip())
    epochs, first, last = summary.config.runner.nasbench_epochs, table.iloc[0], table.iloc[-1]
    count = f"the {len(table)} {queries.words_of(summary).many}" if len(table) > 1 else "it"
    field = truth_field(summary.space, summary.trained_on)
    metric = "accuracy" if field.unit == "%" else field.said
    reached = f": true {metric} {readable(first['accuracy'], field.unit)} after {epochs} epochs."
    if pd.isna(last["total_hours"]):
        return f"{reached} The best of {count} below has {readable(last['best'], field.unit)}."
    return (
        f"{reached} Training {count} below takes {last['total_hours']:.1f} h on the benchmark's GPU, and the best of "
        f"them has {readable(last['best'], field.unit)}."
    )


def _named(summary: StudySummary, label: Label) -> str:
    shown = label if isinstance(label, str) else f"{label:,}"
    return plain(f"{queries.words_of(summary).one} {shown}")


def _recommendation(summary: StudySummary, *, active: bool) -> tuple[pd.DataFrame, str]:
    if summary.config is None or active:
        return pd.DataFrame(), ""
    return queries.recommendation(summary, summary.config)


def overview(shown: Shown) -> None:
    """Draw it."""
    found = training_queries.trainings(shown.summary)
    recommended_line(shown.summary, found, active=shown.active)
    if shown.axes.columns:
        charts, side = st.columns([3, 2], gap="small")
        with charts:
            progress_section(shown)
            if shown.run is None and len(shown.axes.objectives) == 1:
                with st.container(border=True, key="slice_section"):
                    show_slices(shown, shown.axes.objectives[0], most=1)
            else:
                pareto_section(shown)
        with side:
            architecture_section(shown)
    recommended_section(shown.summary, found, active=shown.active)
    _best(shown)
    if shown.run is None:
        _attributes(shown.summary)


def _attributes(summary: StudySummary) -> None:
    """What an external study says of itself."""
    found = optuna_study(summary).user_attrs
    if found:
        st.subheader("Study attributes", anchor="study-attributes")
        table = pd.DataFrame({"Attribute": list(found), "Value": [_short(value) for value in found.values()]})
        st.dataframe(table, key="study_attributes", hide_index=True, alt="The user attributes of this study")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_ATTRIBUTE else f"{text[:_LONGEST_ATTRIBUTE]}…"


def _best(shown: Shown) -> None:
    summary = shown.summary
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = queries.best(summary, epochs)
    st.subheader("Best trials", anchor="best-trials")
    if best.empty:
        st.caption("The trials that no other beats in all objectives appear here.")
        return
    count = f"{len(best):,} trial{'' if len(best) == 1 else 's'} that no other beats in all objectives"
    if len(summary.objectives) == 1:
        count = "The best trial" if len(best) == 1 else f"The {len(best):,} trials of the best value"
    limits = " and ".join(plain(item.shown) for item in summary.config.constraints) if summary.config else ""
    among = f", among those that keep {limits}" if limits else ""
    title = summary.space.title if summary.space else "recorded"
    records = f"; {plain(title)}'s records after {epochs} epochs" if shown.axes.truth else ""
    alone = "it alone" if summary.config_text is None else f"its {queries.words_of(summary).one}"
    st.caption(f"{count}{among}{records}. Choose a row to see {alone}.")
    numbers = best["number"].tolist()
    if summary.config_text is None:
        rows = shown.frame[shown.frame["number"].isin(numbers)].reset_index(drop=True)
        on_select = partial(link_row, "best_trials", numbers)
        trials_table(
            rows, shown.axes.objectives, "best_trials", f"{summary.name} best trials", on_select, summary.space
        )
        return
    # Most trials leave the front as it is.
    key = (shown.key.database, shown.key.study)
    made = kept(key, "best trials", (numbers, epochs), lambda: best_trials(best, summary.space))
    best_trials_table(made, epochs, summary.name, lambda: link_row("best_trials", numbers))


def link_row(table: str, numbers: list[int]) -> None:
    """Put the trial of a table's chosen row into the page's link."""
    rows = st.session_state[table]["selection"]["rows"]
    if rows:
        link_trial(int(numbers[rows[0]]))
