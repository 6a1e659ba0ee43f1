"""How the state of a run is shown."""

from typing import Literal, NamedTuple

import streamlit as st

from backend.studies.runs import Run, State

Color = Literal["red", "orange", "blue", "green", "gray"]


class Look(NamedTuple):
    """Word, icon and colour of a state."""

    word: str
    icon: str
    color: Color


LOOKS: dict[State, Look] = {
    "queued": Look("Queued", ":material/schedule:", "gray"),
    "running": Look("Running", ":material/play_circle:", "blue"),
    "stopping": Look("Stopping", ":material/pending:", "orange"),
    "stopped": Look("Stopped", ":material/stop_circle:", "gray"),
    "finished": Look("Finished", ":material/check_circle:", "green"),
    "failed": Look("Failed", ":material/error:", "red"),
}
_ELSEWHERE = Look("Made elsewhere", ":material/outbound:", "gray")


def look(run: Run | None) -> Look:
    """The look of a run's state; a study without a run was made elsewhere."""
    return LOOKS[run.state] if run else _ELSEWHERE


def state_badge(run: Run | None) -> None:
    """A badge with a run's state."""
    word, icon, color = look(run)
    with st.container(key="run_state", width="content"):
        st.badge(word, icon=icon, color=color)
