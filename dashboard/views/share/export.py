"""Studies to a file: choose them, make it, take it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pandas as pd
import streamlit as st
from streamlit.column_config import NumberColumn, TextColumn

from backend.naming import file_name
from backend.sharing.export import ExportSummary, export_studies
from backend.studies import StudySummary
from dashboard.data import queries
from dashboard.links import NEW_SEARCH, STUDIES, page_link
from dashboard.server.jobs import ShareJob
from dashboard.text import plain
from dashboard.views.share.choices import WHICH, choose_scores
from dashboard.views.share.progress import busy, counted, show_progress
from dashboard.widgets.errors import shown_errors
from dashboard.widgets.linked import linked_studies
from dashboard.widgets.study_filters import filtered
from dashboard.widgets.tables import look

_JOB = "share_export"


class MadeFile(NamedTuple):
    """A file to take; its folder is gone with the last who holds this."""

    folder: "TemporaryDirectory[str]"
    summary: ExportSummary


def export_section() -> None:
    """Choose studies and make a file of them."""
    summaries = queries.studies()
    if not summaries:
        st.info("There is no study to export yet.", icon=":material/info:")
        page_link(STUDIES, "Run the example search", ":material/play_arrow:")
        page_link(NEW_SEARCH, "Set up a search", ":material/tune:")
        return
    st.markdown(
        "One SQLite file with the studies, their logs, notes and saved ensembles, that ProxyScope, Optuna and "
        "optuna-dashboard open as it is. Searches may go on meanwhile: it holds a snapshot of them."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        WHICH.segments("Which studies", "The link keeps the choice.")
        with_scores = choose_scores(
            "The scores that these studies' architectures have in the score store, so that nobody has to compute them "
            "again."
        )
    chosen = _CHOOSERS[WHICH.value](summaries)
    if chosen:
        _table(chosen)
    job: ShareJob[MadeFile] | None = st.session_state.get(_JOB)
    writing = busy(job)
    st.button(
        f"Make a file of {len(chosen):,} {'study' if len(chosen) == 1 else 'studies'}" if chosen else "Make a file",
        type="primary",
        icon=":material/archive:",
        key="make_file",
        disabled=not chosen or writing,
        help="It is made on this server, and then offered for download.",
        on_click=_start,
        args=(chosen, with_scores),
    )
    st.caption(
        "The file says nothing of where things are on this machine, but each search file is in it as it was given: "
        "a folder of images that it names is named."
    )
    if job and writing:
        show_progress(job, "Writing")
    elif job:
        with shown_errors():
            _offer(job.outcome())


def _chosen(summaries: Sequence[StudySummary]) -> list[StudySummary]:
    named = linked_studies(summaries, "shared_studies", "Choose studies", "Their names are kept in the page's link.")
    there = {item.name: item for item in summaries}
    for name in named:
        if name not in there:
            st.warning(plain(f"study: no study {name!r}"), icon=":material/link_off:")
    return [there[name] for name in named if name in there]


def _filtered(summaries: Sequence[StudySummary]) -> list[StudySummary]:
    found = filtered(summaries)
    if not found:
        st.info("No study is like that.", icon=":material/filter_alt_off:")
    return found


_CHOOSERS: dict[str, Callable[[Sequence[StudySummary]], list[StudySummary]]] = {
    "chosen": _chosen,
    "filtered": _filtered,
    "all": list,
}


def _table(chosen: Sequence[StudySummary]) -> None:
    rows = [
        {"name": item.name, "state": look(item.run).word, "trials": item.trials, "dataset": item.dataset}
        for item in chosen
    ]
    st.dataframe(
        pd.DataFrame(rows),
        key="studies_to_export",
        hide_index=True,
        column_config={
            "name": TextColumn("Study"),
            "state": TextColumn("State"),
            "trials": NumberColumn("Trials", format="localized"),
            "dataset": TextColumn("Data set"),
        },
        placeholder="–",
        alt="Studies to export",
    )


def _start(chosen: Sequence[StudySummary], with_scores: bool) -> None:
    database, names = queries.database(), [item.name for item in chosen]

    def work(note: Callable[[int], None]) -> MadeFile:
        folder = TemporaryDirectory(prefix="proxyscope-export-")
        path = Path(folder.name) / f"{file_name(names[0]) if len(names) == 1 else 'studies'}.db"
        return MadeFile(folder, export_studies(database, names, path, with_scores=with_scores, progress=note))

    st.session_state[_JOB] = ShareJob(work, sum(item.trials for item in chosen))


def _offer(made: MadeFile) -> None:
    summary = made.summary
    names = ", ".join(item.name for item in summary.studies[:10]) + (" …" if len(summary.studies) > 10 else "")
    st.success(
        f"**{plain(summary.path.name)}** is ready: {counted(summary.studies)}, {_size(summary.size)}. "
        f"In it: {plain(names)}.",
        icon=":material/check_circle:",
    )
    st.download_button(
        "Download",
        summary.path.read_bytes,
        file_name=summary.path.name,
        mime="application/vnd.sqlite3",
        type="primary",
        icon=":material/download:",
        key="download_file",
        on_click="ignore",
        help="Others drag it into their page “Share”, or give it to `python -m backend studies import`.",
    )


def _size(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
