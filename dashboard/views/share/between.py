"""Studies from this database to another, and back."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from backend.errors import UserError
from backend.sharing.contents import SharedStudy, find, read_contents
from backend.sharing.copying import Copied
from backend.sharing.export import place_of
from backend.sharing.extras import left_out
from backend.sharing.preview import arrivals
from backend.sharing.source import Source, snapshot
from backend.sharing.transfer import import_studies
from backend.storage.database import Database, open_existing
from dashboard.data import queries
from dashboard.server import session
from dashboard.server.jobs import ShareJob
from dashboard.text import plain
from dashboard.views.share.arrivals import Where, choose_arrivals, said, say_left_out
from dashboard.views.share.choices import DIRECTION, choose_scores
from dashboard.views.share.progress import busy, show_copied, show_progress
from dashboard.widgets.errors import kept_errors, show_kept_error, shown_errors

_URL, _OTHER, _JOB = "share_other_url", "share_other", "share_between"


def between_section() -> None:
    """A field for another database, its studies and those that are here, and a button that copies."""
    here = queries.database()
    st.markdown(
        f"From **{plain(str(here))}**, which is open here, to another database, such as a team's server, or back. "
        "Nothing that either holds is changed, and no study comes twice."
    )
    if here.read_only:
        st.info("Nothing can be copied: this is a look, which changes nothing.", icon=":material/visibility:")
        return
    if not session.may_choose():
        st.info(plain(f"Nothing can be copied: {session.OWN_ALONE.removeprefix('storage: ')}."), icon=":material/lock:")
        return
    show_kept_error()
    other: Database | None = st.session_state.get(_OTHER)
    if other is None:
        _ask()
        return
    job: ShareJob[list[Copied]] | None = st.session_state.get(_JOB)
    copying = busy(job)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(plain(place_of(other)), anchor=False, width="content", help=plain(str(other)))
        st.button(
            "Close it",
            icon=":material/link_off:",
            key="close_other",
            disabled=copying,
            help="Forget the other database and its password.",
            on_click=_close,
        )
    if job and copying:
        show_progress(job, "Copying")
        return
    with shown_errors():
        _show(here, other, job)


def _ask() -> None:
    with st.form("share_other_form", clear_on_submit=True, border=False):
        st.text_input(
            "Other database",
            type="password",
            key=_URL,
            placeholder="postgresql://ann:password@db.lab.org/proxyscope",
            help="A SQLAlchemy URL, such as `postgresql://ann:password@db.lab.org/proxyscope` or "
            "`sqlite:////data/studies.db`. It is kept while this window is open, and is in no link, log or file.",
        )
        st.form_submit_button(
            "Open it",
            icon=":material/database:",
            key="open_other",
            help="See what is in it. Nothing is copied yet.",
            on_click=_open,
        )


def _show(here: Database, other: Database, job: ShareJob[list[Copied]] | None) -> None:
    there = DIRECTION.segments("Direction", "Which of the two is copied from.") == "there"
    origin, target = (here, other) if there else (other, here)
    where: Where = "there" if there else "here"
    if job:
        with shown_errors():
            show_copied(job.outcome(), place_of(target), links=not there)
    contents, behind = _look(origin)
    found = arrivals(contents, target)
    if not found:
        st.info(f"There is no study in {plain(place_of(origin))}.", icon=":material/info:")
        return
    say_left_out(behind)
    st.caption(said(found, where))
    chosen = choose_arrivals(found, f"studies_{where}", where)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with_scores = choose_scores("The scores that these studies' architectures have in the score store.")
        st.button(
            f"Copy {len(chosen):,} {'study' if len(chosen) == 1 else 'studies'}" if chosen else "Copy",
            type="primary",
            icon=":material/move_group:",
            key="copy_between",
            disabled=not chosen,
            help="Choose studies by the boxes at their left; those that are there already are passed over.",
            on_click=_copy,
            args=(origin, target, chosen, with_scores),
        )


def _look(origin: Database) -> tuple[list[SharedStudy], dict[str, str]]:
    with origin.engine.connect() as connection:
        source = Source(connection, live=True)
        return read_contents(source), left_out(source)


def _open() -> None:
    url = st.session_state[_URL].strip()
    st.session_state[_URL] = ""
    with kept_errors():
        if not url:
            raise UserError("database: give the URL of another database")
        session.check_may_choose()
        here, other = queries.database(), open_existing(url)
        if here.url == other.url:
            raise UserError(f"database: {place_of(other)} is the one that is open here; give another")
        st.session_state[_OTHER] = replace(other, actor=here.actor, via=here.via)


def _close() -> None:
    other: Database = st.session_state.pop(_OTHER)
    st.session_state.pop(_JOB, None)
    other.close()


def _copy(origin: Database, target: Database, chosen: Sequence[SharedStudy], with_scores: bool) -> None:
    def work(note: Callable[[int], None]) -> list[Copied]:
        with snapshot(origin) as source:
            contents = read_contents(source)
            studies = [find(contents, item.name) for item in chosen]
            return import_studies(source, target, studies, place_of(origin), with_scores=with_scores, progress=note)

    st.session_state[_JOB] = ShareJob(work, sum(item.summary.trials for item in chosen))
