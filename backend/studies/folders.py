"""Where a running installation keeps its files."""

import os
import shutil
from pathlib import Path

from backend.errors import StorageError

HOME_VARIABLE = "PROXYSCOPE_HOME"


def home() -> Path:
    """The folder of a running installation: ``$PROXYSCOPE_HOME``, else ``storage/`` of this source tree."""
    return Path(os.environ.get(HOME_VARIABLE) or Path(__file__).parents[2] / "storage").resolve()


def make_folder(folder: Path) -> Path:
    """Make a folder, its parents too, and see that files can be written there.

    Raises:
        StorageError: they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"storage: cannot make the folder {folder}: {error.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise StorageError(f"storage: cannot write to the folder {folder}; give another with {HOME_VARIABLE}")
    return folder


def runs_folder() -> Path:
    """The folder with a folder a study's run.

    Raises:
        StorageError: it cannot be made or written to.
    """
    return make_folder(home() / "runs")


def sweeps_folder() -> Path:
    """The folder with a folder a sweep, there or not."""
    return home() / "sweeps"


def run_folder(study_name: str) -> Path:
    """The folder of one study's run.

    Raises:
        StorageError: it cannot be made or written to, or the name leads elsewhere.
    """
    folder = runs_folder() / study_name
    if not _is_inside(folder):
        raise StorageError(f"storage: no folder can be made for a study of the name {study_name!r}")
    return make_folder(folder)


def remove_run_folder(study_name: str) -> None:
    """Delete the folder of one study's run, if it is on this machine."""
    folder = home() / "runs" / study_name
    if _is_inside(folder):
        shutil.rmtree(folder, ignore_errors=True)


def _is_inside(folder: Path) -> bool:
    """Whether a study's folder is one of the folder of runs: other tools may give a study any name, a path too."""
    return folder.resolve().parent == (home() / "runs").resolve()
