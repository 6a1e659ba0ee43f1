"""The way in where a login is asked for, and what those see who are not let in."""

import streamlit as st

from dashboard.access import AccessError, SignedOutError, Visitor, has_login, login_providers, visitor
from dashboard.components.errors import plain
from dashboard.components.links import has_parameters


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
