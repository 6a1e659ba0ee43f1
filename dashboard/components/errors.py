"""Errors in the backend's own words, where a user sees them."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import UserError
from backend.studies.database import reason

_KEPT = "error_of_a_callback"


@contextmanager
def shown_errors() -> Iterator[None]:
    """Show a user's error, or that the database does not answer, on the page instead of raising it."""
    try:
        yield
    except UserError as error:
        st.error(plain(str(error)), icon=":material/error:")
    except (SQLAlchemyError, StorageInternalError) as error:
        st.error(plain(_lost(error)), icon=":material/cloud_off:")


@contextmanager
def kept_errors() -> Iterator[None]:
    """Keep a user's error of a callback for :func:`show_kept_error`, as a callback has no place on the page."""
    try:
        yield
    except UserError as error:
        st.session_state[_KEPT] = str(error)
    except (SQLAlchemyError, StorageInternalError) as error:
        st.session_state[_KEPT] = _lost(error)


def show_kept_error() -> bool:
    """Show the error that a callback left behind, once; whether there was one."""
    message = st.session_state.pop(_KEPT, None)
    if message:
        st.error(plain(message), icon=":material/error:")
    return bool(message)


def plain(text: str) -> str:
    """Text with the characters that Markdown would read as markup escaped."""
    return "".join(f"\\{character}" if character in r"\`*_[]$~:<>#" else character for character in text)


def _lost(error: Exception) -> str:
    return f"storage: the study database does not answer: {reason(error)}; nothing that is stored is lost"
