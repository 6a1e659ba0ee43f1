"""Dialogs about one study: its name, its note, and more trials for it."""

import streamlit as st

from backend.runs import launch
from backend.studies import StudySummary, rename_study
from backend.studies.catalog import load_to_change
from backend.studies.notes import LONGEST_NOTE, save_note
from dashboard.data import queries
from dashboard.text import plain
from dashboard.widgets.errors import kept_errors, show_kept_error

_LARGEST_BUDGET = 1_000_000


@st.dialog("Rename this study", icon=":material/edit:")
def rename_dialog(item: StudySummary) -> None:
    """Ask for the new name of a study that no process is searching."""
    key = f"new_name_{item.study_id}"
    name = st.text_input(
        "New name",
        item.name,
        key=key,
        max_chars=100,
        help="Up to 100 characters; no other study may have it.",
    ).strip()
    if item.run is None:
        st.caption("It is an external study: a script that opens it by its name will not find it.")
    st.caption("Links to its page name it, so old ones lead nowhere.")
    confirmed = st.button(
        "Rename",
        type="primary",
        key="confirm_rename",
        disabled=not name,
        help="Trials, log and files stay as they are.",
        on_click=_rename,
        args=(item, key),
    )
    if confirmed and not show_kept_error():
        st.rerun()


def _rename(item: StudySummary, key: str) -> None:
    name = st.session_state[key].strip()
    with kept_errors():
        if name != item.name:
            rename_study(queries.database(), item.name, name)
            queries.forget_study()


@st.dialog("Note", icon=":material/sticky_note_2:", width="large")
def note_dialog(item: StudySummary) -> None:
    """Show and change the note of a study, running or not."""
    st.markdown(f"**{plain(item.name)}**")
    key = f"note_text_{item.study_id}"
    st.text_area(
        "Note",
        item.note,
        key=key,
        height=220,
        max_chars=LONGEST_NOTE,
        label_visibility="collapsed",
        placeholder="What is this search for? What did it show?",
        help="Markdown. It is kept with the study, and optuna-dashboard shows it too.",
    )
    saved = st.button(
        "Save",
        type="primary",
        icon=":material/save:",
        key="save_note",
        help="Keep this text as the note.",
        on_click=_save_note,
        args=(item, key),
    )
    if saved and not show_kept_error():
        st.rerun()


def _save_note(item: StudySummary, key: str) -> None:
    with kept_errors():
        save_note(load_to_change(queries.database(), item.name), st.session_state[key])


@st.dialog("Go on with this search", icon=":material/play_arrow:")
def resume_dialog(item: StudySummary) -> None:
    """Ask how many trials an ended search is to have in all."""
    run = item.run
    assert run
    unfinished = run.done < run.asked
    st.markdown(f"**{plain(item.name)}**: {run.done:,} of {run.asked:,} done.")
    key = f"total_trials_{item.study_id}"
    st.number_input(
        "Trials in all",
        min_value=1,
        max_value=_LARGEST_BUDGET,
        value=run.asked if unfinished else 2 * run.asked,
        step=1,
        required=True,
        key=key,
        help="Those done included. Where distinct architectures are counted, no more than the search space has.",
    )
    confirmed = st.button(
        "Go on",
        type="primary",
        icon=":material/play_arrow:",
        key="confirm_resume",
        help="The sampler learns from the trials that there are.",
        on_click=_resume,
        args=(item, key),
    )
    if confirmed and not show_kept_error():
        st.rerun()


def _resume(item: StudySummary, key: str) -> None:
    with kept_errors():
        launch.resume(queries.database(), item.name, int(st.session_state[key]))
