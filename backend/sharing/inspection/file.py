"""The file itself: one of a bearable size, a SQLite database, opened so that a hostile one can make nothing of it."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from backend.naming import sqlite_uri


class BadFileError(Exception):
    """A file that cannot be imported; the message says what it is or holds, and follows "FILE cannot be imported: "."""


LARGEST_FILE: Final = 2 * 2**30
"""Bytes of a file that is looked into."""
_MAGIC: Final = b"SQLite format 3\0"
_OTHERS: Final = {
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"PK": "a ZIP archive; unpack it first",
    b"BZh": "a bzip2 file; unpack it first",
    b"\xfd7zXZ": "an xz file; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard file; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
}
_BLOCK: Final = 2**20


def copy_privately(path: Path, copy: Path) -> None:
    """Copy a file to where nobody else changes it.

    Raises:
        BadFileError: it is no regular file, too large, no SQLite database, or a program has it open.
        OSError: it cannot be read, or there is no room.
    """
    kind = os.lstat(path).st_mode
    if stat.S_ISLNK(kind):
        raise BadFileError("it is a symbolic link; give the file that it points to")
    if not stat.S_ISREG(kind):
        raise BadFileError("it is not a file")
    for beside in ("-wal", "-journal"):
        other = path.with_name(path.name + beside)
        if os.path.lexists(other) and os.lstat(other).st_size:
            raise BadFileError(
                f"{other.name} beside it holds changes that are not in it yet: it is in use, or its program broke off; "
                "export from there, or open it there once and close it"
            )
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _check(file)
        with copy.open("xb") as target:
            _copy(file, target)


def _check(file: BinaryIO) -> None:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise BadFileError("it is not a file")
    if not status.st_size:
        raise BadFileError("it is empty")
    if status.st_size > LARGEST_FILE:
        raise BadFileError(f"it is larger than {LARGEST_FILE // 2**30} GiB")
    start = file.read(len(_MAGIC))
    if start != _MAGIC:
        others = (words for magic, words in _OTHERS.items() if start.startswith(magic))
        raise BadFileError(f"it is {next(others, 'no SQLite database')}")
    file.seek(0)


def _copy(file: BinaryIO, target: BinaryIO) -> None:
    left = LARGEST_FILE
    while block := file.read(_BLOCK):
        left -= len(block)
        if left < 0:
            raise BadFileError("it grew while it was read")
        target.write(block)


LONGEST_TEXT: Final = 32 * 2**20
"""Bytes of one text; the ensembles that a study is searched by are the longest."""
CHECK_SECONDS: Final = 300
_STEPS: Final = 100_000
_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_TEXT,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 100_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 10,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 100_000,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 10,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 1,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}
_SETTINGS: Final = (
    "trusted_schema = OFF",
    "cell_size_check = ON",
    "ignore_check_constraints = ON",
    "mmap_size = 0",
    "temp_store = MEMORY",
    "query_only = ON",
)
_FUNCTIONS: Final = {"abs", "count", "instr", "length", "like", "max", "min", "sum", "typeof"}
_PRAGMAS: Final = {"foreign_key_list", "index_list", "index_xinfo", "integrity_check", "table_info", "table_xinfo"}
_PRAGMAS_WITHOUT_VALUE: Final = {"read_uncommitted", "user_version"}


@contextmanager
def guarded(path: Path, seconds: float = CHECK_SECONDS) -> Iterator[sqlite3.Connection]:
    """Open a file that nobody changes, for reading.

    Args:
        path: of the file.
        seconds: after which any query is broken off.
    """
    uri = sqlite_uri(path, mode="ro", immutable=1)
    with closing(sqlite3.connect(uri, uri=True, check_same_thread=False)) as connection:
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        for setting in _SETTINGS:
            connection.execute(f"PRAGMA {setting}")
        deadline = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
        connection.set_authorizer(_verdict)
        yield connection


def _verdict(action: int, first: str | None, second: str | None, _database: str | None, _inner: str | None) -> int:
    """Whether a query may do something, asked by SQLite for each thing that it would do."""
    allowed = action in {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ}
    if action == sqlite3.SQLITE_FUNCTION:
        allowed = (second or "").lower() in _FUNCTIONS
    elif action == sqlite3.SQLITE_PRAGMA:
        allowed = first in _PRAGMAS or (first in _PRAGMAS_WITHOUT_VALUE and second is None)
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY
