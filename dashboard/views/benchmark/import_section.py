"""Import the benchmark's official files from the browser, and list what has been imported."""

import pandas as pd
import streamlit as st
from streamlit.column_config import ListColumn, NumberColumn, TextColumn

from backend.spaces import registry
from backend.spaces.capabilities import Enumerable, require
from backend.truth.imported import ImportedRelease, imported_releases
from backend.truth.importing.release_import import ImportSummary
from dashboard.server import session
from dashboard.server.jobs import ImportJob
from dashboard.text import plain
from dashboard.widgets.errors import kept_errors, show_kept_error, shown_errors
from dashboard.widgets.run_actions import writing
from dashboard.widgets.times import time_column

_PATH = "benchmark_import_path"
_SEEN = "benchmark_import_running"


def benchmark_import() -> None:
    """A field for a path on the server, the progress of its import, how it ended, and the releases that are there."""
    job, size = _job(), require(registry.get(), Enumerable, "import").size
    with st.container(key="benchmark_import"):
        st.subheader("Official files", anchor=False)
        st.markdown(
            "The bundled table has the accuracies and times. The official files add what it leaves out: losses, "
            "training accuracies, both halves of the test images together, and every seed for itself. Each number "
            "says which release it is from."
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(
                "Path on the server",
                key=_PATH,
                placeholder="/data/NAS-Bench-201-v1_1-096897.pth",
                **writing(
                    "A file or folder on the machine that runs the dashboard: NAS-Bench-201-v1_0-e61699.pth, "
                    "NAS-Bench-201-v1_1-096897.pth, NATS-tss-v1_0-3ffb9.pickle.pbz2, or NATS-tss-v1_0-3ffb9-simple or "
                    "-full as a folder or a tar. Reading 5 GB takes about 4 minutes and 0.5 GB of memory.",
                    disabled=job.running,
                ),
            )
            st.button(
                "Import",
                key="benchmark_import_start",
                icon=":material/upload_file:",
                on_click=_start,
                **writing(
                    "Read the path and write the table of its release. It goes on when you leave this page. "
                    "What is wrong with a file is said here, and changes nothing.",
                    disabled=job.running,
                ),
            )
        show_kept_error()
        st.fragment(_progress, run_every=1.0 if job.running else None)(size)
        with shown_errors():
            _list(imported_releases(), size)


@st.cache_resource(show_spinner=False)
def _job() -> ImportJob:
    # What other pages hold of the benchmark is read anew.
    return ImportJob(st.cache_data.clear)


def _start() -> None:
    with kept_errors():
        session.check_writable()
        _job().start(st.session_state[_PATH])


def _progress(size: int) -> None:
    job = _job()
    if job.running:
        st.session_state[_SEEN] = True
        text = f"{plain(job.path)}: {job.architectures:,} architectures read ({job.part:.0%})"
        st.progress(job.part, text=text)
        return
    if st.session_state.pop(_SEEN, False):
        st.rerun()  # its end changes the field and the list around this
    with shown_errors():
        summary = job.outcome()
        if summary:
            st.success(_sentence(summary, size), icon=":material/check_circle:")


def _sentence(summary: ImportSummary, size: int) -> str:
    whole = summary.architectures == size
    count = f"all {size:,}" if whole else f"{summary.architectures:,} of the {size:,}"
    rows = f"{summary.rows:,} rows in {summary.seconds:,.1f} s"
    return f"Imported {count} architectures of {plain(summary.release)}: {rows}."


def _list(found: list[ImportedRelease], size: int) -> None:
    if not found:
        st.caption("No release has been imported yet.")
        return
    st.dataframe(
        pd.DataFrame([_row(item) for item in found]),
        key="imported_releases",
        hide_index=True,
        column_config={
            "release": TextColumn("Release", pinned=True),
            "architectures": NumberColumn("Architectures", format="localized", help=f"Of {size:,}."),
            "rows": NumberColumn("Rows", format="localized", help="One a training run, one a mean over seeds."),
            "seeds": ListColumn("Seeds", help="An architecture has from one to three of them."),
            "source": TextColumn("Imported from"),
            "imported": time_column("Imported"),
            "table": TextColumn("Table", help="A Parquet file, one row a run."),
        },
        placeholder="–",
        alt="Imported releases",
    )


def _row(item: ImportedRelease) -> dict[str, object]:
    return {
        "release": item.release,
        "architectures": item.architectures,
        "rows": item.rows,
        "seeds": [str(seed) for seed in item.seeds],
        "source": item.source,
        "imported": pd.Timestamp(item.imported_at),
        "table": str(item.path),
    }
