"""What can be done with a study: stop it, resume it, delete it, each where it may be changed."""

from __future__ import annotations

from typing import Any

import streamlit as st

from backend.runs import launch
from backend.settings import READ_ONLY
from backend.studies import StudySummary
from backend.studies.deletion import delete_studies
from backend.studies.runs import Run
from dashboard.data import queries
from dashboard.links import STUDIES, open_page
from dashboard.server import session
from dashboard.text import plain
from dashboard.widgets.errors import kept_errors, show_kept_error


def writing(help: str, *, disabled: bool = False) -> dict[str, Any]:  # noqa: A002
    """Arguments ``help`` and ``disabled`` of a control that writes.

    Args:
        help: what it does.
        disabled: whether it has nothing to do just now.
    """
    if session.read_only():
        return {"help": f"{READ_ONLY.capitalize()}.", "disabled": True}
    return {"help": help, "disabled": disabled}


def stop_button(name: str, run: Run | None) -> None:
    """A button that asks the run to stop after the running trial."""
    st.button(
        "Stop",
        icon=":material/stop:",
        key="stop_study",
        on_click=_stop,
        args=(name,),
        **writing(
            "Stop after the running trial. Everything measured is kept, and the search can be resumed.",
            disabled=run is None or run.state not in {"queued", "running"},
        ),
    )


def resume_button(name: str, run: Run | None) -> None:
    """A button that goes on with a run that has ended before all its trials were done."""
    st.button(
        "Resume",
        icon=":material/play_arrow:",
        key="resume_study",
        on_click=_resume,
        args=(name,),
        **writing(
            "Go on with a stopped or failed search from where it ended.",
            disabled=run is None or run.active or run.done >= run.asked,
        ),
    )


def delete_button(summary: StudySummary, run: Run | None) -> None:
    """A button that deletes the study once the user has confirmed it."""
    clicked = st.button(
        "Delete…",
        icon=":material/delete:",
        key="delete_study",
        **writing(
            "Delete the study with its trials, log and files, after a confirmation. Stop a running search first.",
            disabled=run is not None and run.active,
        ),
    )
    if clicked:
        _confirm_delete(summary)


def _stop(name: str) -> None:
    with kept_errors():
        launch.stop(queries.database(), name)


def _resume(name: str) -> None:
    with kept_errors():
        launch.resume(queries.database(), name)


@st.dialog("Delete this study?", icon=":material/delete:")
def _confirm_delete(summary: StudySummary) -> None:
    trials = f"{summary.trials} trial{'' if summary.trials == 1 else 's'}"
    st.markdown(f"**{plain(summary.name)}** with {trials}, its log and its files will be gone for good.")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="cancel_delete"):
            st.rerun()
        confirmed = st.button(
            "Delete",
            type="primary",
            icon=":material/delete:",
            key="confirm_delete",
            on_click=_delete,
            args=(summary.name,),
        )
    if confirmed and not show_kept_error():
        open_page(STUDIES)


def _delete(name: str) -> None:
    with kept_errors():
        try:
            delete_studies(queries.database(), [name])
        finally:
            queries.forget_study()
