"""Errors in the backend's own words, where a user sees them."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from backend.errors import UserError
from backend.storage.connection import DATABASE_ERRORS
from backend.storage.database import lost_in_words
from dashboard.text import plain

_KEPT = "error_of_a_callback"


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a user's error, or that the database does not answer, on the page instead of raising it."""
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except DATABASE_ERRORS as error:
        st.error(plain(lost_in_words(error)), icon=":material/cloud_off:")


@contextmanager
def kept_errors(place: str = _KEPT) -> Iterator[None]:
    """Keep a user's error of a callback for :func:`show_kept_error`, as a callback has no place on the page.

    Args:
        place: where it is to be shown: the key that ``show_kept_error`` is given there.
    """
    try:
        yield
    except UserError as error:
        st.session_state[place] = str(error)
    except DATABASE_ERRORS as error:
        st.session_state[place] = lost_in_words(error)


def show_kept_error(place: str = _KEPT) -> bool:
    """Show the error that a callback left behind, once; whether there was one."""
    message = st.session_state.pop(place, None)
    if message:
        st.error(plain(message), icon=":material/error:")
    return bool(message)
