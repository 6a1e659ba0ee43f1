"""The sidebar, and the way in: which study database is open, and who is signed in."""

from __future__ import annotations

import streamlit as st

from dashboard.data import queries
from dashboard.links import clear_parameters, has_parameters
from dashboard.server import session
from dashboard.server.access import (
    AccessError,
    SignedOutError,
    Visitor,
    has_login,
    login_providers,
    visitor,
)
from dashboard.text import plain
from dashboard.widgets.errors import kept_errors, show_kept_error, shown_errors


def admitted() -> Visitor | None:
    """Who is looking; None where that is nobody who may, who then sees why, or how to sign in, and nothing else."""
    try:
        return visitor()
    except AccessError as error:
        _outside(error)
    return None


def sign_out_button() -> None:
    """A button to sign out, where a login is asked for."""
    if has_login():
        st.button(
            "Sign out",
            icon=":material/logout:",
            key="sign_out",
            width="stretch",
            help="Forget who you are in this browser.",
            on_click=st.logout,
        )


def _outside(error: AccessError) -> None:
    with st.container(border=True, width=560, key="sign_in"):
        st.title("Sign in" if isinstance(error, SignedOutError) else "No access", anchor=False)
        if not isinstance(error, SignedOutError):
            st.error(plain(str(error)), icon=":material/block:")
            if error.signed_in:
                sign_out_button()
        else:
            st.markdown("Sign in to see the studies of this server.")
            for name in login_providers():
                st.button(
                    f"Sign in with {plain(name)}" if name else "Sign in",
                    type="primary",
                    icon=":material/login:",
                    key=f"sign_in_{name or 'default'}",
                    help="Leads to the page of your organisation that knows you, and back.",
                    on_click=st.login,
                    args=(name,) if name else (),
                )
            if has_parameters():
                st.caption("Then open your link once more: the login leads to the first page.")


_URL, _ERROR, _CHOSEN_STUDIES = "storage_url", "storage_error", "chosen_studies"
_EXAMPLE = "postgresql://user:password@host/name"


def storage_section() -> None:
    """The database's URL without its password; where visitors may choose, a field for another and the way back."""
    st.markdown("**Study database**")
    with shown_errors():
        st.code(str(queries.database()), language=None, wrap_lines=True)
    if not session.may_choose():
        st.caption("This server opens this one alone.")
        return
    if session.is_chosen():
        st.caption("Opened in this browser session alone. Links do not name it: in others they mean the server's own.")
        st.button(
            "Back to the server's own",
            icon=":material/undo:",
            key="storage_default",
            width="stretch",
            help="Show the study database again that the server was started with.",
            on_click=_back,
        )
    with st.form("storage_form", border=False):
        st.text_input(
            "Open another",
            key=_URL,
            type="password",
            autocomplete="off",
            placeholder="a SQLAlchemy URL",
            help=f"Any SQLAlchemy URL, such as {_EXAMPLE} or sqlite:////data/studies.db. It is tried before it is "
            "taken, holds for this browser session alone, and is neither shown, logged nor put into a link.",
        )
        st.form_submit_button(
            "Open",
            icon=":material/database:",
            key="storage_open",
            width="stretch",
            help="Show that database's studies instead. What you launch then is kept there.",
            on_click=_open,
        )
    show_kept_error(_ERROR)


def storage_note() -> str:
    """What to say above each page of a database that is not the server's own; "" where it is."""
    return f":material/database: {plain(str(queries.database()))}" if session.is_chosen() else ""


def _open() -> None:
    with kept_errors(_ERROR):
        session.choose(st.session_state[_URL])
        _leave()


def _back() -> None:
    session.back_to_default()
    _leave()


def _leave() -> None:
    """What was typed, chosen and linked was of the other database."""
    if _URL in st.session_state:
        st.session_state[_URL] = ""
    st.session_state.pop(_CHOSEN_STUDIES, None)
    clear_parameters()
