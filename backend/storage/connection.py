"""The two ways in which a study database is open: one only reads, the other is made at the first write.

Reading writes nothing: SQLite files are neither made nor turned to another journal mode, and no table is added. What is
not there is read as empty. The way that writes makes the file and Optuna's tables, and migrates ProxyScope's own.
"""

from __future__ import annotations

import shlex
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import optuna
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    NullPool,
    StaticPool,
    Subquery,
    Table,
    cast,
    create_engine,
    event,
    false,
    inspect,
    null,
    select,
)
from sqlalchemy.engine import URL, ExceptionContext
from sqlalchemy.exc import IntegrityError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.sql import visitors
from sqlalchemy.sql.elements import ClauseElement

from backend.errors import StorageError, WriteError
from backend.settings import READ_ONLY, make_folder
from backend.storage.migrations import alone, check_revision, migrate
from backend.storage.optuna_internals.tables import table_revisions
from backend.storage.schema import metadata
from backend.storage.sqlite_files import BUSY_SECONDS, connect_to_read, has_content, use_write_ahead_log

if TYPE_CHECKING:
    from optuna.storages import RDBStorage


def read_absent_as_empty(engine: Engine, tables: MetaData) -> None:
    """Put empty stand-ins into the queries of an engine, for as long as tables or columns are not there.

    Args:
        engine: that only reads.
        tables: that may be missing.
    """
    whole = set[str]()

    @event.listens_for(engine, "before_execute", retval=True)
    def _stand_in(
        connection: Connection, statement: Any, parameters: Any, more: Any, _options: Any
    ) -> tuple[Any, Any, Any]:
        for table in _used(statement, tables):
            if table.name in whole:
                continue
            there = _columns(connection, table)
            if there >= set(table.columns.keys()):
                whole.add(table.name)
            else:
                statement = _replaced(statement, table, _stand_in_for(table, there))
        return statement, parameters, more


def _used(statement: Any, tables: MetaData) -> set[Table]:
    if not isinstance(statement, ClauseElement):
        return set()
    found = visitors.iterate(statement)
    return {item for item in found if isinstance(item, Table) and item.metadata is tables}


def _columns(connection: Connection, table: Table) -> set[str]:
    there = inspect(connection)
    return {column["name"] for column in there.get_columns(table.name)} if there.has_table(table.name) else set()


def _stand_in_for(table: Table, there: set[str]) -> Subquery:
    columns = [
        column if column.name in there else cast(null(), column.type).label(column.name) for column in table.columns
    ]
    query = select(*columns)
    return (query if there else query.where(false())).subquery(table.name)


def _replaced(statement: Any, table: Table, stand_in: Subquery) -> Any:
    def other(element: Any, **_: Any) -> Any:
        if element is table:
            return stand_in
        if getattr(element, "table", None) is table:
            return stand_in.c[element.name]
        return None

    return visitors.replacement_traverse(statement, {}, other)


DATABASE_ERRORS = (SQLAlchemyError, optuna.exceptions.StorageInternalError)
"""What is raised where a database that was open is not there any more, or does not take what it is given."""
_OPTUNA_TABLES = frozenset({"studies", "trials", "version_info"})
"""By which Optuna's database is told from another program's."""
_NOT_ALLOWED = "42501"
"""State of PostgreSQL: insufficient privilege."""
_ATTEMPTS = 5
_CONNECT_SECONDS = 5
_SILENT_MILLISECONDS = 20_000
_NEVER = "none"
"""Of ``prepare_threshold`` in a URL: psycopg prepares no statement."""


class Opened:
    """An engine, and Optuna's storage on it.

    The storage is made when it is first asked for, as it loads Alembic and SQLAlchemy's ORM: that takes longer than a
    list of studies.

    Args:
        engine: of the database.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @cached_property
    def storage(self) -> RDBStorage:
        """Optuna's storage on the engine."""
        from backend.storage.optuna_internals.bounded_storage import BoundedStorage  # noqa: PLC0415 - see above

        return BoundedStorage(self.engine)

    def close(self) -> None:
        """Close all connections."""
        if "storage" in vars(self):
            self.storage.remove_session()
        self.engine.dispose()


class Link:
    """A study database as this process has it open; safe with several threads.

    Args:
        url: of the database.
    """

    def __init__(self, url: URL) -> None:
        self._url, self._lock = url, RLock()
        self._reading: Opened | None = None
        self._writing: Opened | None = None

    def opened(self) -> Opened:
        """What to read through; once something was written, the same writes.

        While there is no study database yet, it is an empty one in memory, which refuses every write.

        Raises:
            StorageError: the database cannot be opened, or is of another version of Optuna.
        """
        found = self._writing or self._reading
        if found is None:
            with self._lock, _said(self._url, ""):
                found = self._reading = self._reading or _to_read(self._url)
        return found or _nothing()

    def make_writable(self) -> None:
        """Make what is missing of the database, unless this process has done so before.

        Raises:
            StorageError: it cannot be opened or written.
        """
        if self._writing is not None:
            return
        with self._lock:
            # A database of another version or program is refused before anything is written.
            self.opened()
            if self._writing is None:
                with _said(self._url, " for writing"):
                    self._writing = _to_write(self._url, there=self._reading is not None)

    def close(self) -> None:
        """Close all connections; they are opened again when they are needed."""
        for opened in (self._reading, self._writing):
            if opened is not None:
                opened.close()


def shown(url: URL) -> str:
    """A URL without its secrets."""
    secrets = [name for name in url.query if "password" in name.lower()]
    return url.difference_update_query(secrets).render_as_string(hide_password=True)


def has_foreign_tables(url: URL) -> bool:
    """Whether there are tables, and none of Optuna's; a database that does not answer is left to be opened."""
    try:
        with _looked_into(url) as connection:
            names = _table_names(connection) if connection else set()
    except (ImportError, SQLAlchemyError):
        return False
    return bool(names) and not names >= _OPTUNA_TABLES


def reason(error: Exception) -> str:
    """What a database's driver says of a failure, in one line."""
    cause: BaseException = getattr(error, "orig", None) or error.__cause__ or error
    cause = getattr(cause, "orig", None) or cause
    return str(cause).strip().splitlines()[0]


@contextmanager
def _said(url: URL, purpose: str) -> Iterator[None]:
    """What goes wrong as a database is opened is said in one line, without a password."""
    try:
        yield
    except (ImportError, NoSuchModuleError) as error:
        raise StorageError(f"storage: no driver for {shown(url)}: {error}") from None
    except DATABASE_ERRORS as error:
        kind = WriteError if purpose and "database is locked" in str(error) else StorageError
        raise kind(f"storage: cannot open {shown(url)}{purpose}: {reason(error)}") from None


def _to_read(url: URL) -> Opened | None:
    """Open a database to be read; None where there is none of Optuna's yet."""
    with _looked_into(url) as connection:
        if connection is None or not _table_names(connection) >= _OPTUNA_TABLES:
            return None
        if not _is_complete(url, connection):
            return None
        check_revision(connection, shown(url))
    opened = Opened(_engine(url, _reading_arguments(url)))
    if url.get_backend_name() == "postgresql":
        event.listen(opened.engine, "checkout", _let_read_alone)
    read_absent_as_empty(opened.engine, metadata)
    return opened


def _to_write(url: URL, *, there: bool) -> Opened:
    """Open a database to be written; what is missing of it is made.

    Args:
        url: of the database.
        there: Optuna's tables are known to be there.
    """
    if url.get_backend_name() == "sqlite":
        make_folder(Path(url.database or "").parent)
    engine = _engine(url, _arguments(url))
    if not there:
        _make_tables(engine)
    if url.get_backend_name() == "sqlite":
        use_write_ahead_log(engine)
    migrate(engine, shown(url))
    return Opened(engine)


def _make_tables(engine: Engine) -> None:
    """Make Optuna's tables; try again where plain Optuna makes one, or its row, at the same time."""
    # A list of studies loads none of Optuna's own declarations.
    from backend.storage.optuna_internals.declared_tables import make_tables  # noqa: PLC0415

    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with alone(engine) as connection:
                make_tables(connection)
        except SQLAlchemyError as error:
            by_another = isinstance(error, IntegrityError) or "already exists" in str(error)
            if not by_another or attempt == _ATTEMPTS:
                raise
        else:
            return


def _engine(url: URL, arguments: dict[str, Any]) -> Engine:
    # The runner logs trials itself, and knows that metric names and NSGA-III are marked experimental.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning, module="backend")
    engine = create_engine(url, **arguments)
    event.listen(engine, "handle_error", _refused_in_words)
    return engine


@cache
def _nothing() -> Opened:
    """A study database with all tables and no row, in memory; each connection has one of its own, to be read alone."""
    template = create_engine("sqlite://", poolclass=StaticPool)
    _make_tables(template)
    with template.connect() as connection:
        metadata.create_all(connection)
        connection.commit()
        driver: Any = connection.connection.driver_connection
        content = driver.serialize()
    template.dispose()

    def copied() -> sqlite3.Connection:
        copy = sqlite3.connect(":memory:")
        copy.deserialize(content)
        copy.execute("PRAGMA query_only=ON")
        return copy

    return Opened(_engine(URL.create("sqlite"), {"creator": copied, "poolclass": NullPool}))


def _table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


def _is_complete(url: URL, connection: Connection) -> bool:
    """Whether Optuna's tables are all there; another process may be making them.

    Raises:
        StorageError: they are of another version than the Optuna that is installed.
    """
    there = inspect(connection).has_table("alembic_version")
    query = "SELECT version_num FROM alembic_version"
    revision = connection.exec_driver_sql(query).scalar() if there else None
    library = connection.exec_driver_sql("SELECT library_version FROM version_info").scalar()
    if library is None:
        return False
    # The revision is the last that Optuna writes.
    known = table_revisions()
    if revision == known[-1] or (revision is None and library == optuna.__version__):
        return True
    made = f"storage: {shown(url)} has the tables of Optuna {library}"
    if revision is not None and revision not in known:
        raise StorageError(f"{made}, which is newer than Optuna {optuna.__version__} here; upgrade Optuna")
    command = f"optuna storage upgrade --storage {shlex.quote(shown(url))}"
    raise StorageError(f"{made}, which Optuna {optuna.__version__} does not read; upgrade them with: {command}")


@contextmanager
def _looked_into(url: URL) -> Iterator[Connection | None]:
    """A connection for a look that leaves no trace; None where there is no file, or an empty one."""
    if url.get_backend_name() == "sqlite" and not has_content(Path(url.database or "")):
        yield None
        return
    engine = create_engine(url, **(_reading_arguments(url) | {"poolclass": NullPool, "pool_pre_ping": False}))
    if url.get_backend_name() == "postgresql":
        event.listen(engine, "checkout", _let_read_alone)
    with engine.connect() as connection:
        yield connection


def _arguments(url: URL) -> dict[str, Any]:
    """Arguments of an engine; a server that is gone is noticed in seconds."""
    kind = url.get_backend_name()
    if kind == "sqlite":
        return {"connect_args": {"timeout": BUSY_SECONDS}, "pool_pre_ping": False}
    if kind != "postgresql":
        return {"pool_pre_ping": True}
    args: dict[str, Any] = {"connect_timeout": _CONNECT_SECONDS, "tcp_user_timeout": _SILENT_MILLISECONDS}
    args = {name: value for name, value in args.items() if name not in url.query}
    if url.query.get("prepare_threshold") == _NEVER:
        # A pooler gives each transaction another session, where what was prepared in one is not there.
        args["prepare_threshold"] = None
    return {"connect_args": args, "pool_pre_ping": True}


def _reading_arguments(url: URL) -> dict[str, Any]:
    """Arguments of an engine that reads alone; SQLite keeps files beside the database while a connection is open."""
    if url.get_backend_name() != "sqlite":
        return _arguments(url)
    file = Path(url.database or "")
    return {"creator": lambda: connect_to_read(file), "poolclass": NullPool}


def _let_read_alone(connection: Any, _record: Any, _proxy: Any) -> None:
    """Begin every transaction of a PostgreSQL connection as one that reads alone."""
    connection.read_only = True


def _refused_in_words(context: ExceptionContext) -> None:
    """What a database refuses of what an account asks is the user's error, said in one line."""
    words = str(context.original_exception)
    if getattr(context.original_exception, "sqlstate", None) == _NOT_ALLOWED:
        raise StorageError(f"storage: this account may not do that: {words.strip().splitlines()[0]}") from None
    if "attempt to write a readonly database" in words or "read-only transaction" in words:
        raise StorageError(READ_ONLY) from None
