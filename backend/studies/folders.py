"""The folders of studies' runs and of sweeps, within the installation's."""

import shutil
from pathlib import Path

from backend.errors import StorageError
from backend.home import home, make_folder


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


def move_run_folder(study_name: str, new: str) -> None:
    """Give the folder of one study's run, if it is on this machine, the study's new name."""
    folder, target = home() / "runs" / study_name, home() / "runs" / new
    if not (_is_inside(folder) and _is_inside(target) and folder.is_dir()):
        return
    try:
        # What a deleted study of that name has left behind makes room.
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    except OSError as error:
        raise StorageError(f"storage: cannot rename the folder {folder}: {error.strerror}") from None


def _is_inside(folder: Path) -> bool:
    """Whether a study's folder is one of the folder of runs: other tools may give a study any name, a path too."""
    return folder.resolve().parent == (home() / "runs").resolve()
