"""What can be done with the chosen studies, one or several."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import streamlit as st

from backend.errors import UserError
from backend.naming import file_name
from backend.runs import launch, queueing
from backend.studies import StudySummary
from backend.studies.deletion import change_each, delete_studies
from dashboard.data import queries
from dashboard.links import (
    COMPARE,
    NEW_SEARCH,
    SHARE,
    STUDY_PARAMETER,
    open_page,
    open_study,
)
from dashboard.server.session import bound
from dashboard.text import plain
from dashboard.views.studies.details import note_dialog, rename_dialog, resume_dialog
from dashboard.widgets.errors import kept_errors, show_kept_error, shown_errors
from dashboard.widgets.run_actions import writing
from dashboard.widgets.tables import csv_text


def as_archive(studies: Sequence[StudySummary]) -> bytes:
    """A ZIP file with a folder a study: trials.csv, and config.toml and note.md where there are any."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for folder, item in zip(_folders(studies), studies, strict=True):
            archive.writestr(f"{folder}/trials.csv", csv_text(queries.trials(item)))
            if item.config_text:
                archive.writestr(f"{folder}/config.toml", item.config_text)
            if item.note:
                archive.writestr(f"{folder}/note.md", item.note)
    return content.getvalue()


def _folders(studies: Sequence[StudySummary]) -> list[str]:
    """A folder's name for each."""
    return [file_name(item.name) for item in studies]


def actions(chosen: Sequence[StudySummary]) -> None:
    """A row of buttons for the chosen studies; those that suit none of them are disabled."""
    with st.container(horizontal=True, vertical_alignment="center", key="study_actions"):
        st.markdown(_said(chosen), width="content")
        _one(chosen)
        _several(chosen)


def _said(chosen: Sequence[StudySummary]) -> str:
    if not chosen:
        return "Choose studies by the boxes at their left."
    return f"**{plain(chosen[0].name)}**" if len(chosen) == 1 else f"**{len(chosen)} studies**"


def _one(chosen: Sequence[StudySummary]) -> None:
    item = chosen[0] if len(chosen) == 1 else None
    if st.button(
        "Open",
        type="primary",
        icon=":material/open_in_full:",
        key="open_chosen",
        disabled=item is None,
        help="Open its page. For one study.",
    ):
        open_study(chosen[0].name)
    cloned = st.button(
        "Clone",
        icon=":material/content_copy:",
        key="clone_study",
        disabled=item is None or not item.config,
        help="Set up a new search that begins with this study's settings. For one study whose settings are known here.",
    )
    if cloned and item:
        open_page(NEW_SEARCH, {STUDY_PARAMETER: item.name})
    active = bool(item and item.run and item.run.active)
    renamed = st.button(
        "Rename…",
        icon=":material/edit:",
        key="rename_study",
        **writing(
            "Give it another name. Not while it is searched: its process knows it by its name; stop it first."
            if active
            else "Give it another name. For one study.",
            disabled=item is None or active,
        ),
    )
    if renamed and item:
        rename_dialog(item)
    noted = st.button(
        "Note…",
        icon=":material/sticky_note_2:",
        key="note_study",
        **writing(
            "Write down what it is for, or what it showed; optuna-dashboard shows the same note. For one study.",
            disabled=item is None,
        ),
    )
    if noted and item:
        note_dialog(item)


def _several(chosen: Sequence[StudySummary]) -> None:
    names = [item.name for item in chosen]
    stoppable = [item.name for item in chosen if item.run and item.run.state in {"queued", "running"}]
    st.button(
        "Stop",
        icon=":material/stop:",
        key="stop_study",
        on_click=_stop,
        args=(stoppable,),
        **writing(
            "Stop the chosen searches after the running trial. Everything measured is kept, and they can be resumed.",
            disabled=not stoppable,
        ),
    )
    ended = [item for item in chosen if item.run and not item.run.active]
    resumed = st.button(
        "Resume…",
        icon=":material/play_arrow:",
        key="resume_study",
        **writing(
            "Go on with a search that has ended, with more trials if you like; several wait for each other.",
            disabled=not ended,
        ),
    )
    if resumed and len(ended) == 1:
        resume_dialog(ended[0])
    elif resumed:
        _resume_all(ended)
    compared = st.button(
        "Compare",
        icon=":material/stacked_line_chart:",
        key="compare_studies",
        disabled=not chosen,
        help="See the chosen studies side by side.",
    )
    if compared:
        open_page(COMPARE, {STUDY_PARAMETER: names})
    shared = st.button(
        "Share…",
        icon=":material/share:",
        key="share_studies",
        disabled=not chosen,
        help="Make one file of the chosen studies for others to open.",
    )
    if shared:
        open_page(SHARE, {STUDY_PARAMETER: names})
    st.download_button(
        "Trials as CSV",
        bound(lambda: as_archive(chosen)),
        file_name=f"{file_name(names[0])}.zip" if len(names) == 1 else "studies.zip",
        mime="application/zip",
        icon=":material/download:",
        key="export_studies",
        disabled=not chosen,
        on_click="ignore",
        help="A ZIP file with the trials (CSV), the search file (TOML) and the note of each chosen study.",
    )
    deletable = [item for item in chosen if not (item.run and item.run.active)]
    deleted = st.button(
        "Delete…",
        icon=":material/delete:",
        key="delete_study",
        **writing(
            "Delete the studies with their trials, logs and files, after a confirmation. Stop running searches first.",
            disabled=not deletable,
        ),
    )
    if deleted:
        _confirm_delete(deletable, len(chosen) - len(deletable))


def _stop(names: Sequence[str]) -> None:
    with kept_errors():
        change_each(names, lambda name: launch.stop(queries.database(), name))


def _resume_all(ended: Sequence[StudySummary]) -> None:
    left = [item.name for item in ended if item.run and item.run.done < item.run.asked]
    with shown_errors():
        if not left:
            raise UserError("study: all trials of the chosen studies are done; choose one alone to ask for more")
        queueing.resume(queries.database(), left)
        st.rerun()


@st.dialog("Delete for good?", icon=":material/delete:")
def _confirm_delete(items: Sequence[StudySummary], kept: int) -> None:
    for item in items[:10]:
        st.markdown(f"- **{plain(item.name)}**, {item.trials:,} trial{'' if item.trials == 1 else 's'}")
    if len(items) > 10:
        st.markdown(f"- … and {len(items) - 10} more")
    st.caption(
        "Their trials, logs and files will be gone; saved ensembles stay, and scores stay known, so that nothing is "
        "scored twice."
    )
    if kept:
        st.caption(f"{kept} of the chosen stay: they are being searched.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep", key="cancel_delete", help="Close without deleting anything."):
            st.rerun()
        confirmed = st.button(
            f"Delete {len(items)} studies" if len(items) > 1 else "Delete",
            type="primary",
            icon=":material/delete:",
            key="confirm_delete",
            help="There is no way back.",
            on_click=_delete,
            args=(items,),
        )
    if confirmed and not show_kept_error():
        st.rerun()


def _delete(items: Sequence[StudySummary]) -> None:
    with kept_errors():
        try:
            delete_studies(queries.database(), [item.name for item in items])
        finally:
            queries.forget_study()
