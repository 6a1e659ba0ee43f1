"""Small disks, folders that cannot be written, and other hosts: made by root on Linux, else a skip with words."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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


@dataclass(frozen=True)
class OtherHost:
    """A machine beside this one: its own network, host name and process numbers, and one wire to this machine.

    Attributes:
        name: its host name.
        here: this machine's address on the wire.
        before: the words that start a command there.
    """

    name: str
    here: str
    before: list[str]


@contextmanager
def other_host() -> Iterator[OtherHost]:
    """Another machine, as far as the kernel can make one."""
    space = f"proxyscope-{os.getpid()}"
    near, far = f"ps{os.getpid()}a", f"ps{os.getpid()}b"
    _as_root("ip", "netns", "add", space)
    try:
        _as_root("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", space)
        _as_root("ip", "address", "add", "10.213.77.1/30", "dev", near)
        _as_root("ip", "link", "set", near, "up")
        _as_root("ip", "-n", space, "address", "add", "10.213.77.2/30", "dev", far)
        for device in ("lo", far):
            _as_root("ip", "-n", space, "link", "set", device, "up")
        apart = ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
        named = ["sh", "-c", 'hostname "$0" && exec "$@"', "other-host"]
        before = ["ip", "netns", "exec", space, *apart, *named]
        _as_root(*before, "true")
        yield OtherHost("other-host", "10.213.77.1", before)
    finally:
        subprocess.run(["ip", "netns", "delete", space], check=True, capture_output=True)


def _unmount(folder: Path) -> None:
    # Lazily: a process that is about to end may still have a file open there.
    subprocess.run(["umount", "--lazy", str(folder)], check=True, capture_output=True)


def _as_root(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        words = getattr(error, "stderr", "") or str(error)
        pytest.skip(f"needs root and Linux: {' '.join(command[:2])}: {words.strip()}")
