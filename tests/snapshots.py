"""Studies that take seconds to make are made once a session; a database in the same state gets a copy of what came out.

A database is in the same state where its content is the same to the last byte, or row, as when the study was made. So
nothing that a test wrote before is lost, and whoever asks cannot tell a copy from what is made there.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from backend.storage.database import Database
from backend.studies.folders import runs_folder

_FOLDER = tempfile.TemporaryDirectory(prefix="proxyscope-snapshots-")


@dataclass(frozen=True)
class _Snapshot:
    """What a database held afterwards.

    Attributes:
        content: of the file; or the server's database that is its copy.
        runs: a copy of the folder of its runs.
    """

    content: bytes | str
    runs: Path


_SNAPSHOTS: dict[tuple[str, str], _Snapshot] = {}


def made_once(database: Database, key: str, make: Callable[[], object]) -> None:
    """Make something in a database, or copy what was made in one of the same state.

    Args:
        database: a file that another has open too is not copied.
        key: of what is made; the same makes the same.
        make: makes it; processes that it starts have to be over when it returns.
    """
    database.prepare()
    database.close()
    if _is_file(database) and Path(f"{_file(database)}-wal").exists():
        make()
        return
    before = (_state(database), key)
    found = _SNAPSHOTS.get(before)
    if found is None:
        make()
        database.close()
        _SNAPSHOTS[before] = _kept(database)
        return
    if isinstance(found.content, bytes):
        _file(database).write_bytes(found.content)
    else:
        _copy_on_server(database, found.content, make_url(database.url).database or "")
    shutil.copytree(found.runs, runs_folder(database), dirs_exist_ok=True)


def _kept(database: Database) -> _Snapshot:
    number = len(_SNAPSHOTS)
    runs = Path(_FOLDER.name) / str(number)
    if runs_folder(database).is_dir():
        shutil.copytree(runs_folder(database), runs)
    else:
        runs.mkdir()
    if _is_file(database):
        return _Snapshot(_file(database).read_bytes(), runs)
    name, copy = make_url(database.url).database or "", f"snapshot_{number}"
    _copy_on_server(database, name, copy)
    return _Snapshot(copy, runs)


def _state(database: Database) -> str:
    """A hash of all that it holds, the server's number too where it is on one."""
    if _is_file(database):
        return hashlib.sha256(_file(database).read_bytes()).hexdigest()
    with _connect(database) as connection:
        names = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        content = [
            sql.SQL("SELECT {}, string_agg(t::text, ' ' ORDER BY t::text) FROM {} t").format(name, table)
            for name in sorted(names)
            for table in [sql.Identifier(name)]
        ]
        rows = connection.execute(sql.SQL(" UNION ALL ").join(content)).fetchall()
    return hashlib.sha256(repr((make_url(database.url).port, rows)).encode()).hexdigest()


def _copy_on_server(database: Database, source: str, target: str) -> None:
    names = {"source": sql.Identifier(source), "target": sql.Identifier(target)}
    with _connect(database, "postgres") as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {target} WITH (FORCE)").format(**names))
        connection.execute(sql.SQL("CREATE DATABASE {target} TEMPLATE {source}").format(**names))


def _connect(database: Database, name: str | None = None) -> psycopg.Connection:
    url = make_url(database.url)
    return psycopg.connect(
        host=url.host,
        port=url.port,
        user=url.username,
        password=url.password,
        dbname=name or url.database,
        autocommit=True,
    )


def _is_file(database: Database) -> bool:
    return database.engine.dialect.name == "sqlite"


def _file(database: Database) -> Path:
    return Path(make_url(database.url).database or "")
