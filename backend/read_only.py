"""The switch that makes an installation one to look at: nothing in it can be changed."""

import os

from backend.errors import StorageError

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
