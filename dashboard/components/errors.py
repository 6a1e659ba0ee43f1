"""Texts of others, and errors in the backend's own words, where a user sees them as Markdown."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from backend.errors import UserError
from backend.naming import visible
from backend.studies.database import DATABASE_ERRORS, lost_in_words

_KEPT = "error_of_a_callback"
_MARKUP = frozenset(r"\`*_[]{}$~:<>#!&|")
_REPLACED = re.compile(
    r":(?=//|[\w+/-]+:)"  # http://, and :icon: or :emoji:
    r"|(?<=www)\."
    r"|@"  # of an address for mail
    r"|(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)",  # arrows and signs
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"^(\s*(?:\d+(?=[.)])|(?=[-+=])))")


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


def plain(text: str) -> str:
    """Text as Markdown that shows just this text: no markup, link, picture, formula, icon or emoji comes of it."""
    text = re.sub(r" {2,}", " ", visible(text))
    parts, end = [], 0
    for found in _REPLACED.finditer(text):
        begin = found.start()
        # Streamlit replaces these after Markdown has taken its backslashes off; a span of no colour parts them.
        parts += [_escaped(text[end:begin]), rf":color[\{text[begin]}]"]
        end = begin + 1
    return _LIST_ITEM.sub(r"\1\\", "".join([*parts, _escaped(text[end:])]))


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in _MARKUP else character for character in text)
