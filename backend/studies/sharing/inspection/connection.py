"""A connection that a hostile database can make nothing of: it reads plain tables, within limits, and no more."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from backend.paths import sqlite_uri

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
