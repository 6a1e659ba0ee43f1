"""Tables to take away, and how the states of runs are shown in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import pandas as pd
import streamlit as st
from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

from backend.naming import file_name
from backend.studies.runs import Run, State

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\n")


def csv_text(table: pd.DataFrame) -> str:
    """A table without its index as CSV; what a spreadsheet would take for a formula is marked as text by a ``'``."""
    safe = table.set_axis([_as_text(str(name)) for name in table.columns], axis="columns")
    for position, kind in enumerate(table.dtypes):
        if not (is_numeric_dtype(kind) or is_datetime64_any_dtype(kind)):
            safe.isetitem(position, [_as_text(value) for value in table.iloc[:, position]])
    return safe.to_csv(index=False)


def _as_text(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    # A carriage return would begin a row.
    value = value.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{value}" if value.startswith(_FORMULA) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def csv_button(
    table: pd.DataFrame | Callable[[], pd.DataFrame],
    stem: str,
    key: str,
    words: str = "The whole table with all its digits.",
) -> None:
    """A button that downloads a table.

    Args:
        table: without its index; or what makes it once the button is clicked.
        stem: name of the file without its ending; of any characters.
        key: of the widget.
        words: the tooltip.
    """
    st.download_button(
        "Download CSV",
        lambda: csv_text(table() if callable(table) else table).encode(),
        file_name=f"{file_name(stem, marked=False)}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=key,
        on_click="ignore",
        help=words,
    )


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
_EXTERNAL = Look("External", ":material/outbound:", "gray")


def look(run: Run | None) -> Look:
    """The look of a run's state; an external study has none."""
    return LOOKS[run.state] if run else _EXTERNAL


def state_badge(run: Run | None) -> None:
    """A badge with a run's state."""
    word, icon, color = look(run)
    with st.container(key="run_state", width="content"):
        st.badge(word, icon=icon, color=color)
