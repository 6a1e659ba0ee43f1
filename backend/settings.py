"""What the environment says of an installation: where it keeps its files, and whether it may change anything."""

from __future__ import annotations

import os
from pathlib import Path

from backend.errors import StorageError
from backend.naming import local_path

HOME_VARIABLE = "PROXYSCOPE_HOME"
SPACES_VARIABLE = "PROXYSCOPE_SPACES"
"""Lists the Python files of a user's own search spaces."""
DATA_VARIABLE = "PROXYSCOPE_DATA"
"""Lists the Python files whose functions search files may name as images, beside those of search spaces."""


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


READ_ONLY_VARIABLE = "PROXYSCOPE_READ_ONLY"
READ_ONLY = "read-only: studies can be looked at here, not changed"


def is_read_only() -> bool:
    """Whether ``$PROXYSCOPE_READ_ONLY`` says that nothing may be written: set, and neither empty, 0, false nor no."""
    return is_set(READ_ONLY_VARIABLE)


def is_set(variable: str) -> bool:
    """Whether an environment variable says yes: it is set, and neither empty, 0, false nor no."""
    return os.environ.get(variable, "").strip().lower() not in {"", "0", "false", "no"}


def check_writable() -> None:
    """Raise StorageError where ``$PROXYSCOPE_READ_ONLY`` says that nothing may be written."""
    if is_read_only():
        raise StorageError(READ_ONLY)
