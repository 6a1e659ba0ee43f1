"""Opens SQLite files: to read them without leaving a trace, and to write them beside readers."""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

BUSY_SECONDS = 30
"""For so long a connection waits for others that write."""
_SETTLE_SECONDS = 1


def has_content(file: Path) -> bool:
    """Whether a file is there and not empty."""
    return file.is_file() and file.stat().st_size > 0


def connect_to_read(file: Path) -> sqlite3.Connection:
    """A connection to a SQLite file that SQLite lets nobody write through, and that leaves no other file behind.

    Raises:
        sqlite3.Error: the file cannot be read.
    """
    deadline = time.monotonic() + _SETTLE_SECONDS
    while True:
        log = Path(f"{file}-wal")
        try:
            # The last connection that may write empties the log of writes into the file, and removes it.
            return _connect(file, "mode=ro" if log.exists() else "mode=rw")
        except sqlite3.OperationalError as error:
            unreadable = error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY}
            if not unreadable or not file.is_file():
                raise
            # In a folder that cannot be written to, the file has to be whole without a log.
            if not has_content(log) and not has_content(Path(f"{file}-journal")):
                return _connect(file, "mode=ro&immutable=1")
            # Another process may be making the log or emptying it.
            if time.monotonic() > deadline:
                raise
        _pause()


def _connect(file: Path, options: str) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.resolve().as_uri()}?{options}", uri=True, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA query_only=ON")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def use_write_ahead_log(engine: Engine) -> None:
    """Readers and one writer at once; the mode is kept in the file, the other settings in each connection."""

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        with closing(connection.cursor()) as cursor:
            _set_journal_mode(cursor)
            cursor.execute("PRAGMA synchronous=NORMAL")
            cursor.execute("PRAGMA foreign_keys=ON")

    engine.dispose()


def _set_journal_mode(cursor: Any) -> None:
    """Turn a file to WAL mode; SQLite does not wait by itself until others leave it alone for that."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "database is locked" not in str(error) or time.monotonic() > deadline:
                raise
            _pause()
        else:
            return


def _pause() -> None:
    """Wait for what another process is about to do to a file."""
    time.sleep(random.uniform(0.005, 0.05))
