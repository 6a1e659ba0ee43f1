"""Opens a study database: Optuna's storage and ProxyScope's own tables on one engine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from backend.errors import StorageError
from backend.naming import local_path
from backend.settings import READ_ONLY, home, is_read_only
from backend.storage.connection import DATABASE_ERRORS, Link, has_foreign_tables, reason, shown

if TYPE_CHECKING:
    from optuna.storages import RDBStorage

__all__ = [
    "DATABASE_ERRORS",
    "STORAGE_VARIABLE",
    "Database",
    "default_url",
    "lost_in_words",
    "open_database",
    "open_existing",
    "reason",
]

STORAGE_VARIABLE = "PROXYSCOPE_STORAGE"


@dataclass(frozen=True)
class Database:
    """An open study database: nothing is written to it, or made, before the first write.

    Attributes:
        url: SQLAlchemy URL, with its password: never show it; ``str(database)`` hides it.
        link: what it is open through.
        read_only: whether all writes are refused.
        actor: who changes studies through it, as the audit names them; "" is this process's account.
        via: from where: "page" or "command line".
    """

    url: str = field(repr=False)
    link: Link = field(repr=False, compare=False)
    read_only: bool = False
    actor: str = ""
    via: str = "command line"

    @property
    def engine(self) -> Engine:
        """The SQLAlchemy engine to read by; what writes takes :meth:`begin`."""
        return self.link.opened().engine

    @property
    def storage(self) -> RDBStorage:
        """Optuna's storage on the engine; it writes after :meth:`prepare`."""
        return self.link.opened().storage

    def check_writable(self) -> None:
        """Raise StorageError where this was opened to be read alone."""
        if self.read_only:
            raise StorageError(READ_ONLY)

    def prepare(self) -> None:
        """Make ready for a write: the file is made where it is missing, and tables are made or migrated.

        Raises:
            StorageError: this was opened to be read alone, the database cannot be written, or it is of a newer version
                of ProxyScope.
        """
        self.check_writable()
        self.link.make_writable()

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that writes, committed at its end; on SQLite it keeps other writers out from its beginning.

        Raises:
            StorageError: as :meth:`prepare`.
        """
        self.prepare()
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """Close its connections."""
        self.link.close()

    def __str__(self) -> str:
        return shown(make_url(self.url))


def default_url() -> str:
    """``$PROXYSCOPE_STORAGE``, else the SQLite file in the installation's folder."""
    return os.environ.get(STORAGE_VARIABLE) or sqlite_url(home() / "studies.db")


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def open_database(url: str | None = None, *, read_only: bool | None = None) -> Database:
    """Open a study database, which the first write makes where it is not there yet; until then it is read as empty.

    Args:
        url: a SQLAlchemy URL; None takes :func:`default_url`. ``postgresql://`` means psycopg 3.
        read_only: refuse all writes; None takes :func:`is_read_only`.

    Raises:
        StorageError: the URL is malformed, its driver is missing, the database cannot be opened, or it is of another
            version of Optuna or a newer one of ProxyScope.
    """
    parsed = _parse(url or default_url())
    read_only = is_read_only() if read_only is None else read_only
    if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise StorageError("storage: a study database must be a file, such as sqlite:///storage/studies.db")
    if read_only and parsed.get_backend_name() not in {"sqlite", "postgresql"}:
        raise StorageError(f"storage: a read-only look is there for SQLite and PostgreSQL, not for {shown(parsed)}")
    if read_only and _is_missing(parsed, url):
        raise StorageError(f"storage: there is no study database {parsed.database} yet, and read-only makes none")
    link = Link(parsed)
    link.opened()
    return Database(url=parsed.render_as_string(hide_password=False), link=link, read_only=read_only)


def open_existing(url: str | None = None, *, read_only: bool | None = None) -> Database:
    """As :func:`open_database`, for what reads or changes studies that are there: a file that is named has to exist.

    The default database may be missing: it has no studies yet.

    Raises:
        StorageError: as there; or there is no such file, or the database is another program's.
    """
    parsed = _parse(url or default_url())
    if _is_missing(parsed, url):
        raise StorageError(f"storage: there is no file {parsed.database!r}")
    if has_foreign_tables(parsed):
        said = "holds another program's tables; give an empty database, or one of studies"
        raise StorageError(f"storage: {shown(parsed)} {said}")
    return open_database(url, read_only=read_only)


def _is_missing(parsed: URL, url: str | None) -> bool:
    """Whether a file is named that is not there; the default one may come with the first write."""
    named = url is not None and url != default_url()
    return named and parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        example = "sqlite:///storage/studies.db or postgresql+psycopg://user:password@host/name"
        raise StorageError(f"storage: not a SQLAlchemy URL; expected something like {example}") from None
    if "@" in (parsed.host or ""):
        raise StorageError("storage: not a SQLAlchemy URL; an @ in its password is written %40")
    if password := parsed.query.get("password"):
        # There it would be shown wherever the URL is.
        parsed = parsed.difference_update_query(["password"]).set(password=str(password))
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        if "?" in url and not parsed.query:
            raise StorageError("storage: not a SQLAlchemy URL; a ? in the path of a SQLite file is written %3F")
        parsed = parsed.set(database=str(local_path(parsed.database)))
    return parsed.set(drivername="postgresql+psycopg") if parsed.drivername in {"postgres", "postgresql"} else parsed


def lost_in_words(error: Exception) -> str:
    """What to tell of an error of :data:`DATABASE_ERRORS`, in one line and without a password."""
    return f"storage: the study database does not answer: {reason(error)}; nothing that is stored is lost"
