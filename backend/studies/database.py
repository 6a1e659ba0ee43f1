"""Opens a study database: Optuna's storage and ProxyScope's own tables on one engine."""

import os
import sqlite3
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import Engine, create_engine, event, inspect, make_url
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from backend.errors import StorageError
from backend.home import home, make_folder
from backend.paths import local_path
from backend.read_only import READ_ONLY, is_read_only
from backend.studies.tables import metadata
from backend.table_creation import add_missing_columns, made_together, missing_columns

STORAGE_VARIABLE = "PROXYSCOPE_STORAGE"
DATABASE_ERRORS = (SQLAlchemyError, optuna.exceptions.StorageInternalError)
"""What is raised where a database that was open is not there any more, or does not take what it is given."""
_BUSY_SECONDS = 30
_CONNECT_SECONDS = 5
_SILENT_MILLISECONDS = 20_000
_NEVER = "none"
"""Of ``prepare_threshold`` in a URL: psycopg prepares no statement."""


@dataclass(frozen=True)
class Database:
    """An open study database.

    Attributes:
        url: SQLAlchemy URL, with its password: never show it; ``str(database)`` hides it.
        storage: Optuna's storage on it.
        engine: the SQLAlchemy engine, which Optuna's storage shares.
        read_only: whether the database refuses all that would write through this engine.
        actor: who changes studies through it, as the audit names them; "" is this process's account.
        via: from where: "page" or "command line".
    """

    url: str = field(repr=False)
    storage: RDBStorage
    engine: Engine
    read_only: bool = False
    actor: str = ""
    via: str = "command line"

    def check_writable(self) -> None:
        """Raise StorageError where this was opened to be read alone."""
        if self.read_only:
            raise StorageError(READ_ONLY)

    def __str__(self) -> str:
        return _shown(make_url(self.url))


def default_url() -> str:
    """``$PROXYSCOPE_STORAGE``, else the SQLite file in the installation's folder."""
    return os.environ.get(STORAGE_VARIABLE) or sqlite_url(home() / "studies.db")


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy URL of a SQLite file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def open_database(url: str | None = None, *, read_only: bool | None = None) -> Database:
    """Open a study database; a SQLite file and the tables are made when missing.

    Args:
        url: a SQLAlchemy URL; None takes :func:`default_url`. ``postgresql://`` means psycopg 3.
        read_only: let the database itself refuse all writes of this engine; None takes :func:`is_read_only`. What is
            missing is not made then.

    Raises:
        StorageError: the URL is malformed, its driver is missing, or the database cannot be opened or written.
    """
    parsed = _parse(url or default_url())
    read_only = is_read_only() if read_only is None else read_only
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        _check_file(parsed, read_only)
    shown = _shown(parsed)
    if read_only and kind not in {"sqlite", "postgresql"}:
        raise StorageError(f"storage: a read-only look is there for SQLite and PostgreSQL, not for {shown}")
    full = parsed.render_as_string(hide_password=False)
    try:
        _quieten_optuna()
        storage = _open_storage(full, _connect_args(parsed, read_only))
        engine = storage.engine
        event.listen(engine, "handle_error", _refused_in_words)
        if kind == "sqlite" and not read_only:
            _use_write_ahead_log(engine)
        if not read_only:
            made_together(lambda: metadata.create_all(engine))
            made_together(lambda: add_missing_columns(engine, metadata))
        elif missing_columns(engine, metadata):
            raise StorageError(f"storage: {shown} is of an earlier version; open it once to write, which brings it up")
    except (ImportError, NoSuchModuleError) as error:
        raise StorageError(f"storage: no driver for {shown}: {error}") from None
    except (*DATABASE_ERRORS, RuntimeError) as error:
        purpose = "" if read_only else " for writing"
        raise StorageError(f"storage: cannot open {shown}{purpose}: {reason(error)}") from None
    return Database(url=full, storage=storage, engine=engine, read_only=read_only)


def _open_storage(url: str, connect_args: dict[str, Any]) -> RDBStorage:
    kwargs = {"connect_args": connect_args, "pool_pre_ping": make_url(url).get_backend_name() != "sqlite"}
    return made_together(lambda: RDBStorage(url, engine_kwargs=dict(kwargs)))


def _connect_args(parsed: URL, read_only: bool) -> dict[str, Any]:
    """A server that is gone is noticed in seconds, and one that is read alone refuses every write by itself."""
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        return {"timeout": _BUSY_SECONDS, **({"factory": _ReadOnlyConnection} if read_only else {})}
    if kind != "postgresql":
        return {}
    args: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS, "tcp_user_timeout": _SILENT_MILLISECONDS}
    args = {name: value for name, value in args.items() if name not in parsed.query}
    if parsed.query.get("prepare_threshold") == _NEVER:
        # A pooler gives each transaction another session, where what was prepared in one is not there.
        args["prepare_threshold"] = None
    if read_only:
        args["options"] = f"{parsed.query.get('options', '')} -c default_transaction_read_only=on".strip()
    return args


class _ReadOnlyConnection(sqlite3.Connection):
    """A connection to a SQLite file that SQLite lets nobody write through."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute("PRAGMA query_only=ON")


def _refused_in_words(context: ExceptionContext) -> None:
    """What a read-only database refuses is the user's error, said in one line."""
    words = str(context.original_exception)
    if "attempt to write a readonly database" in words or "read-only transaction" in words:
        raise StorageError(READ_ONLY) from None


def open_existing(url: str | None = None, *, read_only: bool | None = None) -> Database:
    """As :func:`open_database`, but no SQLite file is made, and no tables beside those of another program.

    Raises:
        StorageError: as there; or there is no such file, or the database is another program's.
    """
    parsed = _parse(url or default_url())
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
        raise StorageError(f"storage: there is no file {parsed.database!r}")
    if _is_foreign(parsed):
        said = "holds another program's tables; give an empty database, or one of studies"
        raise StorageError(f"storage: {_shown(parsed)} {said}")
    return open_database(url, read_only=read_only)


def _is_foreign(parsed: URL) -> bool:
    """Whether there are tables, and none of Optuna's; one that does not answer is left to be opened."""
    try:
        engine = create_engine(parsed, connect_args=_connect_args(parsed, read_only=True))
        try:
            names = inspect(engine).get_table_names()
        finally:
            engine.dispose()
    except (ImportError, SQLAlchemyError):
        return False
    return bool(names) and "studies" not in names


def _quieten_optuna() -> None:
    """The runner logs trials itself, and knows that metric names and NSGA-III are marked experimental."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning, module="backend")


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


def _shown(parsed: URL) -> str:
    """A URL without its secrets."""
    secrets = [name for name in parsed.query if "password" in name.lower()]
    return parsed.difference_update_query(secrets).render_as_string(hide_password=True)


def _check_file(parsed: URL, read_only: bool) -> None:
    if not parsed.database or parsed.database == ":memory:":
        raise StorageError("storage: a study database must be a file, such as sqlite:///storage/studies.db")
    if not read_only:
        make_folder(Path(parsed.database).parent)
    elif not Path(parsed.database).is_file():
        raise StorageError(f"storage: there is no study database {parsed.database} yet, and read-only makes none")


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


def lost_in_words(error: Exception) -> str:
    """What to tell of an error of :data:`DATABASE_ERRORS`, in one line and without a password."""
    return f"storage: the study database does not answer: {reason(error)}; nothing that is stored is lost"


def reason(error: Exception) -> str:
    """What a database's driver says of a failure, in one line."""
    cause: BaseException = getattr(error, "orig", None) or error.__cause__ or error
    cause = getattr(cause, "orig", None) or cause
    return str(cause).strip().splitlines()[0]
