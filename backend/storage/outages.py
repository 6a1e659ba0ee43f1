"""Waits for a database that does not answer, and keeps space for the last words on a full disk."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from backend.storage.connection import reason
from backend.storage.database import Database

logger = logging.getLogger(__name__)

T = TypeVar("T")

PATIENCE_SECONDS = 600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0


def ride_out(operation: Callable[[], T], patience: float = PATIENCE_SECONDS) -> T:
    """Do what needs the database, again and again while the database is away.

    Args:
        operation: may be repeated when it is not known whether it reached the database.
        patience: seconds after which the error is raised all the same.
    """
    deadline, pause = time.monotonic() + patience, _FIRST_PAUSE
    while True:
        try:
            answer = operation()
        except Exception as error:
            if not is_outage(error) or time.monotonic() + pause > deadline:
                raise
            if pause == _FIRST_PAUSE:
                logger.warning("the study database does not answer; it is asked again until it does")
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        else:
            return answer


def is_outage(error: BaseException) -> bool:
    """Whether an error says that the database is away or busy for now: neither full, nor read-only, nor misused."""
    return any(_away(refused) for refused in _refusals(error))


def refusal(error: BaseException) -> str | None:
    """What the database said, in one line, where an error is one of its own; None where it is none."""
    return next((reason(refused) for refused in _refusals(error)), None)


def _away(error: DBAPIError) -> bool:
    import psycopg  # noqa: PLC0415 - takes a while to load, and a study in a file needs none of it

    original = error.orig
    if isinstance(original, psycopg.Error):
        # Without a state: the connection could not be made, or was lost. 57P: the server shuts down or starts.
        lost = isinstance(original, psycopg.OperationalError) and original.sqlstate is None
        return error.connection_invalidated or lost or (original.sqlstate or "").startswith(("57P", "08"))
    return "database is locked" in str(original)


def _refusals(error: BaseException) -> Iterator[DBAPIError]:
    """The database's own errors among an error and what it came from; Optuna puts words of its own over them."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, DBAPIError):
            yield cause
        cause = cause.__cause__ or cause.__context__


_BYTES = 256 * 1024
"""SQLite writes whole pages: the end of a run and the last lines of its log are some dozens of them."""


class Reserve:
    """The reserve of one run; nothing where the database is no file.

    Args:
        database: where the run is.
        study_id: of the run.
    """

    def __init__(self, database: Database, study_id: int) -> None:
        url = make_url(database.url)
        is_file = url.get_backend_name() == "sqlite"
        self._file = Path(f"{url.database}-reserve-{study_id}") if is_file else None

    def set_aside(self) -> None:
        """Take the room; where there is none left, the run does without."""
        if self._file is None:
            return
        try:
            # Noise: file systems that compress would store zeros in no room at all.
            self._file.write_bytes(os.urandom(_BYTES))
        except OSError:
            self.give_back()

    def give_back(self) -> None:
        """Give the room to whoever writes next."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
