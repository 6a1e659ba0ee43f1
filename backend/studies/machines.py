"""Tells this machine from others, those that have its host name too."""

import hashlib
import uuid
from functools import cache
from pathlib import Path

import psutil

_BOOT, _PROCESSES = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


@cache
def this_machine() -> str:
    """A short text for where this process's number has a meaning: a machine since its start, or a container.

    Clones of a machine have one host name, and often one machine-id, but each its own boot; the containers of a machine
    share that, but each has its own numbering of processes.
    """
    try:
        parts = [_BOOT.read_text(encoding="ascii").strip(), str(_PROCESSES.readlink())]
    except OSError:
        parts = [f"{uuid.getnode():012x}", f"{psutil.boot_time():.0f}"]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]
