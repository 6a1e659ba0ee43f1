"""Opens a study database: Optuna's storage and ProxyScope's own tables on one engine."""

import os
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import Engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from backend.errors import StorageError
from backend.home import home, make_folder
from backend.studies.tables import metadata

STORAGE_VARIABLE = "PROXYSCOPE_STORAGE"
_BUSY_SECONDS = 30


@dataclass(frozen=True)
class Database:
    """An open study database.

    Attributes:
        url: SQLAlchemy URL, with its password: never show it; ``str(database)`` hides it.
        storage: Optuna's storage on it.
        engine: the SQLAlchemy engine, which Optuna's storage shares.
    """

    url: str
    storage: RDBStorage
    engine: Engine

    def __str__(self) -> str:
        return make_url(self.url).render_as_string(hide_password=True)


def default_url() -> str:
    """``$PROXYSCOPE_STORAGE``, else the SQLite file in the installation's folder."""
    return os.environ.get(STORAGE_VARIABLE) or f"sqlite:///{home() / 'studies.db'}"


def open_database(url: str | None = None) -> Database:
    """Open a study database; a SQLite file and the tables are made when missing.

    Args:
        url: a SQLAlchemy URL; None takes :func:`default_url`.

    Raises:
        StorageError: the URL is malformed, its driver is missing, or the database cannot be opened or written.
    """
    url = url or default_url()
    parsed = _parse(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite:
        _make_file_folder(parsed)
    shown = parsed.render_as_string(hide_password=True)
    try:
        connect_args: dict[str, Any] = {"timeout": _BUSY_SECONDS} if is_sqlite else {}
        _quieten_optuna()
        storage = RDBStorage(url, engine_kwargs={"connect_args": connect_args, "pool_pre_ping": not is_sqlite})
        if is_sqlite:
            _use_write_ahead_log(storage.engine)
        metadata.create_all(storage.engine)
    except (ImportError, NoSuchModuleError) as error:
        raise StorageError(f"storage: no driver for {shown}: {error}") from None
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        raise StorageError(f"storage: cannot open {shown} for writing: {_reason(error)}") from None
    return Database(url=url, storage=storage, engine=storage.engine)


def _quieten_optuna() -> None:
    """The runner logs trials itself, and knows that metric names and NSGA-III are marked experimental."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning, module="backend")


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        example = "sqlite:///storage/studies.db or postgresql+psycopg://user:password@host/name"
        raise StorageError(f"storage: not a SQLAlchemy URL; expected something like {example}") from None


def _make_file_folder(parsed: URL) -> None:
    if not parsed.database or parsed.database == ":memory:":
        raise StorageError("storage: a study database must be a file, such as sqlite:///storage/studies.db")
    make_folder(Path(parsed.database).parent)


def _use_write_ahead_log(engine: Engine) -> None:
    """Readers and one writer at once; the mode is kept in the file, the other settings in each connection."""

    @event.listens_for(engine, "connect")
    def _set_pragmas(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()

    engine.dispose()


def _reason(error: Exception) -> str:
    cause: BaseException = getattr(error, "orig", None) or error.__cause__ or error
    cause = getattr(cause, "orig", None) or cause
    return str(cause).strip().splitlines()[0]
