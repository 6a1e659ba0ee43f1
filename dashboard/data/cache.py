"""What pages make of a study's trials, kept until the study or the reader's choices change."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st

Made = TypeVar("Made")

_MOST = 200


def kept(key: Hashable, what: str, choices: tuple[Any, ...], make: Callable[[], Made]) -> Made:
    """The result of ``make``, which is called once for each key and choices.

    A live page asks for all that it shows every second or so, and mostly nothing of it is new.

    Args:
        key: of the trials that it is made from, as ``dashboard.data.queries.reading`` gives it with them.
        what: a name of its own for each kind of thing.
        choices: all else that it depends on.
        make: makes it from those trials.

    Returns:
        A thing that is shared by all sessions: it is not to be changed.
    """
    made: Made = _kept(key, what, choices, make)
    return made


@st.cache_resource(show_spinner=False, max_entries=_MOST)
def _kept(key: Hashable, what: str, choices: tuple[Any, ...], _make: Callable[[], Any]) -> Any:
    del key, what, choices
    return _make()
