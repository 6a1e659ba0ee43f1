"""Dialogs about one study: its name, its note, and more trials for it."""

import streamlit as st

from backend.search import launch
from backend.studies import StudySummary, load_study, rename_study
from backend.studies.notes import LONGEST_NOTE, save_note
from dashboard import queries
from dashboard.components.errors import plain, shown_errors

_LARGEST_BUDGET = 1_000_000


@st.dialog("Rename this study", icon=":material/edit:")
def rename_dialog(item: StudySummary) -> None:
    """Ask for the new name of a study that no process has in work."""
    name = st.text_input(
        "New name",
        item.name,
        key=f"new_name_{item.study_id}",
        max_chars=100,
        help="Letters, digits, spaces and ._- up to 100; no other study may have it.",
    ).strip()
    if item.run is None:
        st.caption("It was made elsewhere: a script that opens it by its name will not find it.")
    st.caption("Links to its page name it, so old ones lead nowhere.")
    if st.button("Rename", type="primary", key="confirm_rename", help="Trials, log and files stay as they are."):
        with shown_errors():
            if name != item.name:
                rename_study(queries.database(), item.name, name)
                queries.forget_study()
            st.rerun()


@st.dialog("Note", icon=":material/sticky_note_2:", width="large")
def note_dialog(item: StudySummary) -> None:
    """Show and change the note of a study, running or not."""
    st.markdown(f"**{plain(item.name)}**")
    note = st.text_area(
        "Note",
        item.note,
        key=f"note_text_{item.study_id}",
        height=220,
        max_chars=LONGEST_NOTE,
        label_visibility="collapsed",
        placeholder="What is this search for? What did it show?",
        help="Markdown. It is kept with the study, and optuna-dashboard shows it too.",
    )
    if st.button("Save", type="primary", icon=":material/save:", key="save_note", help="Keep this text as the note."):
        with shown_errors():
            save_note(load_study(queries.database(), item.name), note)
            st.rerun()


@st.dialog("Go on with this search", icon=":material/play_arrow:")
def resume_dialog(item: StudySummary) -> None:
    """Ask how many trials an ended search is to have in all."""
    run = item.run
    assert run
    unfinished = run.done < run.asked
    st.markdown(f"**{plain(item.name)}**: {run.done:,} of {run.asked:,} done.")
    total = st.number_input(
        "Trials in all",
        min_value=1,
        max_value=_LARGEST_BUDGET,
        value=run.asked if unfinished else 2 * run.asked,
        step=1,
        required=True,
        key=f"total_trials_{item.study_id}",
        help="Those done included. Where distinct cells are counted, no more than the search space has.",
    )
    if st.button(
        "Go on",
        type="primary",
        icon=":material/play_arrow:",
        key="confirm_resume",
        help="The sampler learns from the trials that there are.",
    ):
        with shown_errors():
            launch.resume(queries.database(), item.name, int(total or run.asked))
            st.rerun()
