"""Sharing in the background: it goes on when its page is left, and shows how far it is."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Generic, TypeVar

Result = TypeVar("Result")


class ShareJob(Generic[Result]):
    """Work on some studies.

    Attributes:
        total: trials to deal with; 0 where nobody knows yet.
        done: those dealt with.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], Result], total: int = 0) -> None:
        """Begin it.

        Args:
            work: is given what it calls with how many trials more are dealt with.
            total: trials to deal with.
        """
        self.total, self.done = total, 0
        executor = ThreadPoolExecutor(1, thread_name_prefix="share")
        self._future: Future[Result] = executor.submit(work, self._note)
        executor.shutdown(wait=False)

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return not self._future.done()

    @property
    def part(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0

    def wait(self, seconds: float) -> None:
        """Wait for its end, but no longer."""
        wait([self._future], seconds)

    def outcome(self) -> Result:
        """What came of it, once it has ended.

        Raises:
            UserError: what was wrong.
            SQLAlchemyError: a database did not answer.
        """
        return self._future.result()

    def _note(self, trials: int) -> None:
        self.done += trials
