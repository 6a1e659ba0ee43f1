"""Scores several architectures at once, one thread each: faster than one by one in all threads, and steady.

The threads of one convolution wait for each other at each of its many short passes, so that on a busy machine the
slowest of them sets the pace. Threads that score an architecture each never wait.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import psutil
import torch

logger = logging.getLogger(__name__)

T = TypeVar("T")

AUTO: Literal["auto"] = "auto"
MOST_AT_ONCE = 16
"""What ``auto`` scores at once at most: beyond, each gets more than one thread."""
_HEADROOM = 3
"""A later architecture may need so many times the memory of the first, which is a random one."""
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def jobs_on(asked: int | Literal["auto"], device: torch.device) -> int:
    """How many architectures this process scores at once.

    Args:
        asked: a number, or "auto": as many as PyTorch has threads on the CPU; one on a GPU, which one fills.
        device: where they are scored.
    """
    if asked != AUTO:
        return asked
    return min(MOST_AT_ONCE, torch.get_num_threads()) if device.type == "cpu" else 1


def free_memory() -> int:
    """Bytes that this process may still take: the machine's, or its container's where that has less."""
    free = psutil.virtual_memory().available
    try:
        return min(free, int(_LIMIT.read_text()) - int(_USED.read_text()))
    except (OSError, ValueError):  # no such limit
        return free


class SideBySide:
    """Runs work in so many threads, among which PyTorch's are shared out; afterwards it has them all again.

    What comes before :meth:`widen` runs alone, in the calling thread, which tells the memory that one takes. With one
    job everything does, in all threads: beside the calling thread's team of OpenMP threads, a second one gets no
    further core.

    Args:
        jobs: at once, at most.
    """

    def __init__(self, jobs: int) -> None:
        self.jobs = 1
        self._widened = False
        self._most, self._pool = jobs, None if jobs == 1 else ThreadPoolExecutor(jobs, thread_name_prefix="scoring")
        self._threads, self._taken = torch.get_num_threads(), _resident()
        torch.set_num_threads(max(1, self._threads // jobs))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        torch.set_num_threads(self._threads)
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Begin work; with one job it has ended when this returns. Its exceptions are the future's."""
        if self._pool is not None and self.jobs > 1:
            return self._pool.submit(work)
        future: Future[T] = Future()
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001  as a pool's future
            future.set_exception(error)
        return future

    def widen(self) -> None:
        """Run as many at once as memory allows from now on: one has been scored alone."""
        if self._pool is None or self._widened:
            return
        self._widened = True
        taken, free = max(1, _resident() - self._taken), free_memory()
        self.jobs = min(self._most, 1 + free // (_HEADROOM * taken))
        if self.jobs < self._most:
            gigabytes = f"one took {taken / 2**30:.2f} GB, and {free / 2**30:.2f} GB are free"
            logger.warning("%d at once, not %d, as memory allows no more: %s", self.jobs, self._most, gigabytes)
        threads = max(1, self._threads // self.jobs)
        torch.set_num_threads(threads)
        logger.info("scoring %d at once, %s each", self.jobs, "one thread" if threads == 1 else f"{threads} threads")


def _resident() -> int:
    size: int = psutil.Process().memory_info().rss
    return size
