"""Studies from a file that somebody sent: dropped onto the page, checked, shown, and copied in."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from backend.errors import UserError
from backend.sharing.contents import SharedStudy, read_contents
from backend.sharing.copying import Copied
from backend.sharing.extras import left_out
from backend.sharing.inspection.opening import opened_file
from backend.sharing.preview import arrivals
from backend.sharing.source import Source
from backend.sharing.transfer import import_studies
from backend.storage.database import Database
from dashboard.data import queries
from dashboard.server.jobs import ShareJob
from dashboard.text import plain
from dashboard.views.share.arrivals import choose_arrivals, said, say_left_out
from dashboard.views.share.choices import choose_scores
from dashboard.views.share.progress import busy, show_copied, show_progress
from dashboard.widgets.errors import kept_errors, show_kept_error, shown_errors

_FILE, _COPY, _NUMBER = "share_file", "share_import", "share_upload_number"
_BLOCK = 2**20


class OpenFile:
    """A file that has been checked, and is held open until it is put away.

    Attributes:
        name: what its sender calls it.
        source: to copy from.
        contents: its studies.
        behind: its ensembles that cannot be used here, and why.
    """

    def __init__(self, name: str, path: Path) -> None:
        """Check it.

        Raises:
            UserError: it cannot be imported.
        """
        self.name = name
        with ExitStack() as stack:
            self.source: Source = stack.enter_context(opened_file(path, name))
            self.contents = read_contents(self.source)
            self.behind = left_out(self.source)
            self._stack = stack.pop_all()

    def close(self) -> None:
        """Let go of it."""
        self._stack.close()


def import_section() -> None:
    """A place to drop a file, what is in it, and a button that copies."""
    database = queries.database()
    st.markdown(
        "Drop a file that was exported here, by `python -m backend studies export`, or any Optuna study database in "
        "SQLite. It is checked and shown before anything is copied; studies that are here stay as they are, "
        "and none comes twice."
    )
    copying = busy(st.session_state.get(_COPY))
    limit = st.get_option("server.maxUploadSize")
    st.file_uploader(
        "Drop a file with studies here, or choose one",
        key=_uploader_key(),
        max_upload_size=limit,
        disabled=database.read_only or copying,
        on_change=_receive,
        help=_why_not(database)
        or f"Up to {limit:,} MB; a larger one that is on the server: `python -m backend studies import FILE`.",
    )
    if why := _why_not(database):
        st.info(why, icon=":material/visibility:")
    show_kept_error()
    job: ShareJob[OpenFile] | None = st.session_state.get(_FILE)
    if job and busy(job):
        show_progress(job, "Checking")
    elif job:
        with shown_errors():
            _show(job.outcome(), database, copying)


def _show(opened: OpenFile, database: Database, copying: bool) -> None:
    job: ShareJob[list[Copied]] | None = st.session_state.get(_COPY)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(plain(opened.name), anchor=False, width="content")
        st.button(
            "Clear",
            icon=":material/close:",
            key="put_away",
            disabled=copying,
            help="Delete the server's copy of the file. What was copied from it stays.",
            on_click=_put_away,
        )
    if job and copying:
        show_progress(job, "Copying")
        return
    if job:
        with shown_errors():
            show_copied(job.outcome())
    say_left_out(opened.behind)
    if not opened.contents:
        st.info("There is no study in it.", icon=":material/info:")
        return
    found = arrivals(opened.contents, database)
    st.caption(said(found, "here"))
    chosen = choose_arrivals(found, "arriving_studies", "here")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with_scores = choose_scores(
            "Scores that come are used in place of computing them: take them from people whose scores you would use."
        )
        st.button(
            f"Copy {len(chosen):,} {'study' if len(chosen) == 1 else 'studies'} in" if chosen else "Copy in",
            type="primary",
            icon=":material/library_add:",
            key="copy_in",
            disabled=not chosen or database.read_only,
            help=_why_not(database) or "Choose by the boxes at their left; those that are here are passed over.",
            on_click=_copy,
            args=(opened, chosen, with_scores),
        )


def _receive() -> None:
    """Take what was dropped to the disk, so that nothing in memory is held of it, and begin to check it."""
    upload: UploadedFile | None = st.session_state[_uploader_key()]
    if upload is None:
        return
    name, database = upload.name, queries.database()
    with kept_errors():
        database.check_writable()
        if busy(st.session_state.get(_COPY)):
            raise UserError(f"{name}: studies are being copied from another file; wait for their end")
        _put_away()
        folder = TemporaryDirectory(prefix="proxyscope-upload-")
        path = Path(folder.name) / "upload.db"
        try:
            with path.open("wb") as file:
                shutil.copyfileobj(upload, file, _BLOCK)
        except OSError as error:
            raise UserError(f"{name} cannot be kept on the server: {error.strerror}") from None
        st.session_state[_FILE] = ShareJob(lambda _: _opened(name, folder, path))
    _forget(upload)


def _opened(name: str, folder: TemporaryDirectory[str], path: Path) -> OpenFile:
    # It has a copy of its own.
    with folder:
        return OpenFile(name, path)


def _copy(opened: OpenFile, chosen: Sequence[SharedStudy], with_scores: bool) -> None:
    database = queries.database()

    def work(note: Callable[[int], None]) -> list[Copied]:
        return import_studies(opened.source, database, chosen, opened.name, with_scores=with_scores, progress=note)

    st.session_state[_COPY] = ShareJob(work, sum(item.summary.trials for item in chosen))


def _put_away() -> None:
    st.session_state.pop(_COPY, None)
    job: ShareJob[OpenFile] | None = st.session_state.pop(_FILE, None)
    if job and not job.running:
        with suppress(UserError):  # it was refused, and nothing is open
            job.outcome().close()


def _forget(upload: UploadedFile) -> None:
    """Let Streamlit drop its copy of an upload, and show an empty place for the next."""
    st.session_state[_NUMBER] = st.session_state.get(_NUMBER, 0) + 1
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, upload.file_id)


def _uploader_key() -> str:
    return f"share_upload_{st.session_state.get(_NUMBER, 0)}"


def _why_not(database: Database) -> str:
    return "Nothing can be imported: this is a look, which changes nothing." if database.read_only else ""
