"""The study database of a browser session: the server's own or one opened in the sidebar, as its visitor may use it."""

from __future__ import annotations

import hashlib
import ipaddress
import os
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from backend.errors import StorageError
from backend.settings import is_read_only, is_set
from backend.storage.database import Database, default_url, open_database, open_existing
from backend.studies import StudySummary
from dashboard.server import access

ADDRESS_VARIABLE = "PROXYSCOPE_OPTUNA_DASHBOARD"


def optuna_link(summary: StudySummary) -> str:
    """The study's page there; "" where it does not run, or shows another database than this session does.

    It has no login and changes studies, so those who may only look are not led there.
    """
    address = os.environ.get(ADDRESS_VARIABLE, "").rstrip("/")
    known = address.startswith(("http://", "https://")) and not is_chosen() and access.visitor().may_write
    return f"{address}/dashboard/studies/{summary.study_id}" if known else ""


FIXED_VARIABLE = "PROXYSCOPE_STORAGE_FIXED"
OWN_ALONE = "storage: this server opens its own study database alone"
_CHOSEN = "chosen_storage"

T = TypeVar("T")

_bound: ContextVar[Database | None] = ContextVar("database", default=None)


def database() -> Database:
    """The study database of this session, opened once for all sessions that may do the same with it.

    Raises:
        StorageError: it cannot be opened.
        AccessError: who is looking may not see it.
    """
    if bound := _bound.get():
        return bound
    if get_script_run_ctx(suppress_warning=True) is None:
        if st.runtime.exists():
            raise RuntimeError("no session here to take the database from: make this with session.bound()")
        return replace(_opened(default_url(), is_read_only()), via="page")
    url = st.session_state.get(_CHOSEN) or default_url()
    return replace(_opened(url, read_only()), via="page", actor=access.visitor().name)


def storage_key() -> str:
    """Tells the session's database from others in the keys of caches, where a URL with a password has no business."""
    return hashlib.sha256(database().url.encode()).hexdigest()


def read_only() -> bool:
    """Whether this session may look and not change anything.

    Raises:
        AccessError: it may not even look.
    """
    return is_read_only() or not access.visitor().may_write


def check_writable() -> None:
    """As ``Database.check_writable``, for what is written beside the database."""
    database().check_writable()


def bound(make: Callable[[], T]) -> Callable[[], T]:
    """What a download makes when it is clicked, in a thread that knows no session: it reads this session's database."""
    here = database()

    @wraps(make)
    def made() -> T:
        token = _bound.set(here)
        try:
            return make()
        finally:
            _bound.reset(token)

    return made


def may_choose() -> bool:
    """Whether visitors may open other databases: by default only where this machine alone is served, without a login.

    Such a visitor can open any study database that the server's account can open, files of the machine among them.
    """
    if os.environ.get(FIXED_VARIABLE, "").strip():
        return not is_set(FIXED_VARIABLE)
    return not access.has_login() and _is_loopback(str(st.get_option("server.address") or ""))


def check_may_choose() -> None:
    """Raise StorageError where visitors may not open other databases."""
    if not may_choose():
        raise StorageError(OWN_ALONE)


def is_chosen() -> bool:
    """Whether this session has opened another database than the server's own."""
    return bool(st.session_state.get(_CHOSEN))


def choose(url: str) -> None:
    """Open another database for this session alone, where it can be opened.

    Raises:
        StorageError: it cannot, or may not.
    """
    check_may_choose()
    if not url.strip():
        raise StorageError("storage: give the URL of a study database, such as postgresql://user:password@host/name")
    opened = open_existing(url.strip(), read_only=read_only())
    opened.close()
    st.session_state[_CHOSEN] = opened.url


def back_to_default() -> None:
    """Take the server's own database again."""
    st.session_state.pop(_CHOSEN, None)


@st.cache_resource(show_spinner=False, max_entries=50, on_release=lambda opened: opened.close())
def _opened(url: str, read_only: bool) -> Database:
    return open_database(url, read_only=read_only)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
