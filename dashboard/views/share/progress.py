"""How far a job is, and what it copied."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from backend.sharing.copying import Copied
from dashboard.links import STUDY, STUDY_PARAMETER, page_link
from dashboard.server.jobs import ShareJob
from dashboard.text import plain

_QUICK_SECONDS = 0.4
_MOST_LINKS = 20


def busy(job: ShareJob[Any] | None) -> bool:
    """Whether a job goes on; most are done within the short time that this waits."""
    if job is None:
        return False
    job.wait(_QUICK_SECONDS)
    return job.running


def show_progress(job: ShareJob[Any], words: str) -> None:
    """Show how far a job is; the page begins anew at its end.

    Args:
        job: of this session.
        words: what it does.
    """
    st.fragment(_progress, run_every=0.5)(job, words)


def counted(copied: Sequence[Copied]) -> str:
    """What was copied, in figures."""
    figures = {
        "study": len(copied),
        "trial": sum(item.trials for item in copied),
        "ensemble": sum(item.ensembles for item in copied),
        "score": sum(item.scores for item in copied),
    }
    return ", ".join(f"{number:,} {_many(what, number)}" for what, number in figures.items() if number)


def show_copied(copied: Sequence[Copied], where: str = "", *, links: bool = True) -> None:
    """Say what a copy did.

    Args:
        copied: what came.
        where: to which other database.
        links: whether the studies can be opened here.
    """
    if not copied:
        st.info("Nothing was copied: all of it was there already.", icon=":material/info:")
        return
    to = f" to {plain(where)}" if where else ""
    st.success(f"Copied {counted(copied)}{to}.", icon=":material/check_circle:")
    if not links:
        return
    with st.container(horizontal=True, key="copied_studies"):
        for item in copied[:_MOST_LINKS]:
            page_link(
                STUDY,
                plain(item.name),
                ":material/scatter_plot:",
                "Open its page.",
                {STUDY_PARAMETER: item.name},
            )
    if len(copied) > _MOST_LINKS:
        st.caption(f"And {len(copied) - _MOST_LINKS:,} more, on “Studies”.")


def _progress(job: ShareJob[Any], words: str) -> None:
    if not job.running:
        st.rerun()
    count = f": {job.done:,} of {job.total:,} trials" if job.total else " …"
    st.progress(job.part, text=f"{plain(words)}{count}")


def _many(what: str, number: int) -> str:
    if number == 1:
        return what
    return "studies" if what == "study" else f"{what}s"
