"""Where a running installation keeps its files."""

import os
from pathlib import Path

from backend.errors import StorageError
from backend.paths import local_path

HOME_VARIABLE = "PROXYSCOPE_HOME"


def home() -> Path:
    """The folder of a running installation: ``$PROXYSCOPE_HOME``, else ``storage/`` of this source tree."""
    return local_path(os.environ.get(HOME_VARIABLE) or Path(__file__).parents[1] / "storage").resolve()


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
