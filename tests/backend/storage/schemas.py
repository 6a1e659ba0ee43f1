"""What tables a database has, beside those that are declared; and databases of earlier versions."""

import gzip
from pathlib import Path
from typing import Any

import psycopg
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, make_url

from backend.storage.migrations import VERSION_TABLE
from backend.storage.schema import metadata

KEPT = Path(__file__).parents[2] / "data" / "versions"


def differences(engine: Engine) -> list[Any]:
    """What Alembic would change of ProxyScope's tables for them to be as they are declared."""

    def is_ours(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "table" or (str(name).startswith("proxyscope_") and name != VERSION_TABLE)

    opts = {"include_name": is_ours, "compare_type": True, "compare_server_default": True}
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection, opts=opts), metadata))


def revision(engine: Engine) -> str | None:
    """Of ProxyScope's tables; None where it is not kept."""
    with engine.connect() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        return str(connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar_one())


def unpacked(version: str, name: str) -> bytes:
    """A file that an earlier version left."""
    return gzip.decompress((KEPT / version / f"{name}.gz").read_bytes())


def kept_database(version: str, url: str) -> str:
    """Put the kept study database of a version where there is an empty database, or no file; returns the URL."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        Path(parsed.database or "").write_bytes(unpacked(version, "studies.db"))
    else:
        plain = parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            connection.execute(unpacked(version, "studies.sql"))
    return url


def execute(url: str, *statements: str) -> None:
    """Change a database with no part of ProxyScope."""
    engine = create_engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
