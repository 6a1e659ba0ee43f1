"""The folders of studies' runs and of sweeps, within the installation's."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

from backend.errors import StorageError
from backend.naming import file_name, is_marked
from backend.settings import home, make_folder

if TYPE_CHECKING:
    # It loads Optuna, and whoever looks for a sweep needs none.
    from backend.storage.database import Database


def runs_folder(database: Database) -> Path:
    """The folder with a folder a study's run, there or not: ``runs``, and one of its own for each other database.

    Studies of one name in two databases would else write over each other's files.
    """
    url = make_url(database.url).set(password=None)
    if url.get_backend_name() == "sqlite":
        file = Path(url.database or "").resolve()
        if file == (home() / "studies.db").resolve():
            return home() / "runs"
        url = url.set(database=str(file))
    return home() / f"runs-{hashlib.sha256(str(url).encode()).hexdigest()[:8]}"


def sweeps_folder() -> Path:
    """The folder with a folder a sweep, there or not."""
    return home() / "sweeps"


def run_folder(database: Database, study_name: str) -> Path:
    """The folder of one study's run, made where it is not there.

    Raises:
        StorageError: it cannot be made or written to.
    """
    return make_folder(_folder_of(database, study_name))


def remove_run_folder(database: Database, study_name: str) -> Path | None:
    """Delete the folder of one study's run, if it is on this machine; returns it where it cannot be deleted."""
    folder = _folder_of(database, study_name)
    shutil.rmtree(folder, ignore_errors=True)
    return folder if folder.exists() else None


def move_run_folder(database: Database, study_name: str, new: str) -> None:
    """Give the folder of one study's run, if it is on this machine, the study's new name."""
    folder, target = _folder_of(database, study_name), runs_folder(database) / file_name(new)
    if not folder.is_dir():
        return
    try:
        # What a deleted study of that name has left behind makes room.
        shutil.rmtree(_folder_of(database, new), ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise StorageError(f"storage: cannot rename the folder {folder}: {error.strerror}") from None


def _folder_of(database: Database, study_name: str) -> Path:
    """Where the folder of a study's run is, or would be made.

    Earlier versions called it as the study is called, also where the name is not fit for a file: such a folder stays.
    """
    runs, name = runs_folder(database), file_name(study_name)
    if name != study_name and not is_marked(study_name) and runs.is_dir():
        earlier = (folder for folder in runs.iterdir() if folder.name == study_name and folder.is_dir())
        return next(earlier, runs / name)
    return runs / name
