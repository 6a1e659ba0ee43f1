"""The file itself: that it is one, of a bearable size, and a SQLite database; then a private copy of it."""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final

from backend.studies.sharing.inspection.errors import BadFileError

LARGEST_FILE: Final = 2 * 2**30
"""Bytes of a file that is looked into."""
_MAGIC: Final = b"SQLite format 3\0"
_OTHERS: Final = {
    b"\x1f\x8b": "a gzip file; unpack it first",
    b"PK": "a ZIP archive; unpack it first",
    b"BZh": "a bzip2 file; unpack it first",
    b"\xfd7zXZ": "an xz file; unpack it first",
    b"\x28\xb5\x2f\xfd": "a Zstandard file; unpack it first",
    b"7z\xbc\xaf": "a 7z archive; unpack it first",
}
_BLOCK: Final = 2**20


def copy_privately(path: Path, copy: Path) -> None:
    """Copy a file to where nobody else changes it.

    Raises:
        BadFileError: it is no regular file, too large, no SQLite database, or a program has it open.
        OSError: it cannot be read, or there is no room.
    """
    kind = os.lstat(path).st_mode
    if stat.S_ISLNK(kind):
        raise BadFileError("it is a symbolic link; give the file that it points to")
    if not stat.S_ISREG(kind):
        raise BadFileError("it is not a file")
    for beside in ("-wal", "-journal"):
        other = path.with_name(path.name + beside)
        if os.path.lexists(other) and os.lstat(other).st_size:
            raise BadFileError(
                f"{other.name} beside it holds changes that are not in it yet: it is in use, or its program broke off; "
                "export from there, or open it there once and close it"
            )
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        _check(file)
        with copy.open("xb") as target:
            _copy(file, target)


def _check(file: BinaryIO) -> None:
    status = os.fstat(file.fileno())
    if not stat.S_ISREG(status.st_mode):
        raise BadFileError("it is not a file")
    if not status.st_size:
        raise BadFileError("it is empty")
    if status.st_size > LARGEST_FILE:
        raise BadFileError(f"it is larger than {LARGEST_FILE // 2**30} GiB")
    start = file.read(len(_MAGIC))
    if start != _MAGIC:
        others = (words for magic, words in _OTHERS.items() if start.startswith(magic))
        raise BadFileError(f"it is {next(others, 'no SQLite database')}")
    file.seek(0)


def _copy(file: BinaryIO, target: BinaryIO) -> None:
    left = LARGEST_FILE
    while block := file.read(_BLOCK):
        left -= len(block)
        if left < 0:
            raise BadFileError("it grew while it was read")
        target.write(block)
