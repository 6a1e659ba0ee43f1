"""Paths as people write them, and as SQLite's addresses quote them."""

from pathlib import Path
from urllib.parse import urlencode


def local_path(text: str | Path) -> Path:
    """A path with the home folder in the place of a leading ``~``: a shell leaves it in ``--option=~/file``."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        # No such account, so that it is a name like any other.
        return path


def sqlite_uri(path: Path, **options: str | int) -> str:
    """The address of a SQLite file as SQLite itself reads it, with options such as ``mode="ro"``."""
    return f"{path.absolute().as_uri()}?{urlencode(options)}"
