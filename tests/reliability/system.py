"""Small disks, folders that cannot be written, and other hosts: made by root on Linux, else a skip with words."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A file system of its own in a folder, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    _as_root("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", str(folder))
    try:
        yield
    finally:
        _unmount(folder)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that refuses every write, root's too."""
    _as_root("mount", "--bind", str(folder), str(folder))
    try:
        _as_root("mount", "-o", "remount,ro,bind", str(folder))
        yield
    finally:
        _unmount(folder)


def _unmount(folder: Path) -> None:
    # Lazily: a process that is about to end may still have a file open there.
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def _as_root(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", "") or str(error)
        pytest.skip(f"needs root and Linux: {' '.join(command[:2])}: {words.strip()}")
