"""Memory: how the process keeps it from one cell to the next, and what its absence looks like."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

import torch

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Names of the settings in glibc's malloc.h."""


@cache
def keep_freed_memory() -> None:
    """Tells glibc's allocator to keep what is freed; other platforms' allocators are left alone.

    By default it gives large blocks back to the system after each pass and gets them back as pages to be filled with
    zeros, which takes some percent of the time of a cell.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 1 << 30)
        mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
        mallopt(_TOP_PAD, 1 << 26)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that CPU or GPU had too little memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        text in str(error) for text in ("can't allocate memory", "out of memory", "bad_alloc")
    )
