"""Migrations of ProxyScope's own tables, by Alembic.

A study database holds the tables of two programs, each with a version table of its own: Optuna's ``alembic_version``,
which is never written here, and :data:`VERSION_TABLE`. A database without the latter is of version 0.1.0 or older: the
first revision makes what is missing of that version's tables, and the later ones change them.

To change a table, change ``backend/storage/schema.py`` and add a revision to ``versions/``; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from threading import Lock
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, column, func, inspect, select, table
from sqlalchemy.exc import DBAPIError

from backend.errors import StorageError
from backend.storage.schema import metadata

if TYPE_CHECKING:
    from alembic.config import Config

VERSION_TABLE: Final = "proxyscope_alembic_version"
_LOCK: Final = 0x50785364
"""Number of the lock that a PostgreSQL server keeps for those who migrate."""
_NOT_ALLOWED: Final = "42501"
"""State of PostgreSQL: insufficient privilege."""
_one_at_a_time = Lock()
"""Alembic keeps the connection that it works on in a global variable."""


def check_revision(connection: Connection, where: str) -> None:
    """Check that this version of ProxyScope knows the tables of a database; nothing is written.

    Args:
        connection: to the database.
        where: it is, for the message.

    Raises:
        StorageError: another version made the tables, which this one does not know.
    """
    try:
        found = _revisions(connection)
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != _NOT_ALLOWED:
            raise
        # Whoever granted an account the tables of version 0.1.0 could not know of this one.
        return
    if words := unknown_revision(found):
        raise StorageError(f"storage: {where} {words}")


def unknown_revision(found: tuple[str, ...]) -> str | None:
    """Say what is wrong with a version table, or None if this version of ProxyScope knows its revision.

    Args:
        found: the revisions in the table; none for a database that has no such table.

    Returns:
        Words that follow the name of the database.

    >>> unknown_revision(("0001",)) is None
    True
    >>> unknown_revision(("9999",))  # doctest: +ELLIPSIS
    "has ProxyScope's tables of revision '9999', and this ProxyScope knows revisions up to '...'; upgrade ProxyScope"
    """
    known = known_revisions()
    if len(found) <= 1 and set(found) <= set(known):
        return None
    named = " and ".join(repr(item[:20]) for item in sorted(found)[:2])
    return (
        f"has ProxyScope's tables of revision {named}, and this ProxyScope knows revisions up to {known[-1]!r}; "
        "upgrade ProxyScope"
    )


def migrate(engine: Engine, where: str) -> None:
    """Bring ProxyScope's tables up to the newest revision, and make them in a database that has none.

    A database without any of them gets the tables as they are declared. All happens in one transaction, and of several
    processes that open a database at once, one does it.

    Args:
        engine: of a database that may be written.
        where: it is, for the message.

    Raises:
        StorageError: another version made the tables, which this one does not know.
    """
    with engine.connect() as connection:
        if _is_current(connection, where):
            return
    with _one_at_a_time, alone(engine) as connection:
        if not _is_current(connection, where):
            # Alembic takes longer to load than a command that migrates nothing takes to run.
            from alembic import command  # noqa: PLC0415

            config = _config()
            config.attributes["connection"] = connection
            if set(inspect(connection).get_table_names()).isdisjoint(metadata.tables):
                metadata.create_all(connection)
                command.stamp(config, "head")
            else:
                command.upgrade(config, "head")


@contextmanager
def alone(engine: Engine) -> Iterator[Connection]:
    """A connection in a transaction that changes tables; of several processes, one at a time is in such a one."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        yield connection


def known_revisions() -> list[str]:
    """All revisions, the oldest first: each is the number in the name of its file.

    Alembic, which reads the files themselves, takes longer to load than a command takes to run.
    """
    return sorted(file.name[1:5] for file in (files(__package__) / "versions").iterdir() if file.name.startswith("v0"))


def _is_current(connection: Connection, where: str) -> bool:
    check_revision(connection, where)
    return _revisions(connection) == (known_revisions()[-1],)


def _revisions(connection: Connection) -> tuple[str, ...]:
    if not inspect(connection).has_table(VERSION_TABLE):
        return ()
    return tuple(connection.execute(select(column("version_num")).select_from(table(VERSION_TABLE))).scalars())


def _config() -> Config:
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", "backend.storage:migrations")
    config.set_main_option("path_separator", "os")
    return config
