"""The folders of studies' runs and of sweeps, within the installation's."""

import hashlib
import shutil
from pathlib import Path

from sqlalchemy import make_url

from backend.errors import StorageError
from backend.home import home, make_folder
from backend.studies.database import Database


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
        StorageError: it cannot be made or written to, or the name leads elsewhere.
    """
    folder = runs_folder(database) / study_name
    if not _is_inside(folder, database):
        raise StorageError(f"storage: no folder can be made for a study of the name {study_name!r}")
    return make_folder(folder)


def remove_run_folder(database: Database, study_name: str) -> Path | None:
    """Delete the folder of one study's run, if it is on this machine; returns it where it cannot be deleted."""
    folder = runs_folder(database) / study_name
    if not _is_inside(folder, database):
        return None
    shutil.rmtree(folder, ignore_errors=True)
    return folder if folder.exists() else None


def move_run_folder(database: Database, study_name: str, new: str) -> None:
    """Give the folder of one study's run, if it is on this machine, the study's new name."""
    folder, target = runs_folder(database) / study_name, runs_folder(database) / new
    if not (_is_inside(folder, database) and _is_inside(target, database) and folder.is_dir()):
        return
    try:
        # What a deleted study of that name has left behind makes room.
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise StorageError(f"storage: cannot rename the folder {folder}: {error.strerror}") from None


def _is_inside(folder: Path, database: Database) -> bool:
    """Whether a study's folder is one of the folder of runs: other tools may give a study any name, a path too."""
    return folder.resolve().parent == runs_folder(database).resolve()
