"""Writes studies to one file: a SQLite database that Optuna and optuna-dashboard open as it is."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Final

from sqlalchemy import make_url

from backend.errors import StorageError, UserError
from backend.sharing.contents import find, read_contents
from backend.sharing.copying import Copied
from backend.sharing.source import snapshot
from backend.sharing.transfer import copy_studies
from backend.storage.database import Database, open_database, sqlite_url

_PASSWORD: Final = re.compile(r"(?<=://)[^\s/@]+@")
_PATH: Final = re.compile(r"(?<![\w:/.~|…])~?/(?:[^\s/'\"]+/)+([^\s/'\"]*)")


def without_places(text: str) -> str:
    """A text without the folders of absolute paths, and without users and passwords in URLs."""
    return _PATH.sub(r"…/\1", _PASSWORD.sub("", text))


def place_of(database: Database) -> str:
    """Where a database is: the name of its file, or server and name; no folder, user or password."""
    url = make_url(database.url)
    if url.get_backend_name() == "sqlite":
        return PurePath(url.database or "").name
    return f"{url.host or 'localhost'}/{url.database}"


FILE_TYPE: Final = ".db"
MARK: Final = 0x50785363
"""SQLite's application id of an exported file."""
FORMAT: Final = 2
"""SQLite's user version of an exported file: raised when what older installations read of it changes its meaning.

2: stored scores are keyed by search space, its version and class.
"""


@dataclass(frozen=True)
class ExportSummary:
    """An export that was made.

    Attributes:
        path: the file.
        size: of it (bytes).
        studies: what it holds.
    """

    path: Path
    size: int
    studies: list[Copied]


def export_studies(
    database: Database,
    names: Sequence[str],
    path: Path,
    *,
    force: bool = False,
    with_scores: bool = True,
    progress: Callable[[int], None] = lambda _: None,
) -> ExportSummary:
    """Write studies with their logs, ensembles and scores to a file, also while searches run.

    Nothing stands under the file's name before it is complete. Texts in it do not say where things are on this machine,
    but a study's search file is in it as it was given.

    Args:
        database: where the studies are.
        names: of the studies.
        path: the file to write; its folder must be there.
        force: whether a file that is there is replaced.
        with_scores: whether the stored scores of their architectures go along.
        progress: called now and then with how many trials more have been written.

    Raises:
        UserError: no such study, none is named, or the file is there already.
        StorageError: the database cannot be read, or the file cannot be written.
    """
    if not names:
        raise UserError("study: there is none to export")
    if path.is_dir() or not path.parent.is_dir():
        raise StorageError(f"storage: {path} cannot be written: give the name of a file in a folder that is there")
    if os.path.lexists(path) and not force:
        raise UserError(f"{path} is there already; give another name, or --force to replace it")
    try:
        with TemporaryDirectory(prefix=".proxyscope-", dir=path.parent) as folder:
            partial = Path(folder) / "studies.db"
            studies = _write(database, list(dict.fromkeys(names)), partial, with_scores, progress)
            _publish(partial, path, force=force)
    except OSError as error:
        raise StorageError(f"storage: {path} cannot be written: {error.strerror or error}") from None
    return ExportSummary(path, path.stat().st_size, studies)


def _write(
    database: Database, names: Sequence[str], partial: Path, with_scores: bool, progress: Callable[[int], None]
) -> list[Copied]:
    with snapshot(database, partial.parent) as source:
        contents = read_contents(source)
        chosen = [find(contents, name) for name in names]
        target = open_database(sqlite_url(partial), read_only=False)
        try:
            copied = copy_studies(source, target, chosen, without_places, with_scores=with_scores, progress=progress)
        finally:
            target.close()
    try:
        with closing(sqlite3.connect(partial)) as connection:
            connection.execute(f"PRAGMA application_id = {MARK}")
            connection.execute(f"PRAGMA user_version = {FORMAT}")
            # One file with nothing beside it, that opens where it cannot be written to.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("VACUUM")
    except sqlite3.Error as error:
        raise StorageError(f"storage: {partial} cannot be written: {error}") from None
    return copied


def _publish(partial: Path, path: Path, *, force: bool) -> None:
    """Give a complete file its name, at once."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    if force:
        partial.replace(path)
        return
    try:
        os.link(partial, path)
    except FileExistsError:
        raise UserError(f"{path} is there already; give another name, or --force to replace it") from None
    except OSError:  # a file system without links
        partial.replace(path)
