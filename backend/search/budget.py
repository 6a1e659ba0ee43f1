"""Counts what a search has done against what it was asked, exactly, with any number of threads."""

import threading
from collections.abc import Iterable

from backend.search.space import Candidate


class Budget:
    """Tickets for trials: as many count as were asked, however many threads draw them.

    With ``distinct`` a trial counts when its cell is scored and seen for the first time; otherwise every trial counts.

    Args:
        asked: how many trials are to count.
        distinct: whether only distinct cells count.
    """

    def __init__(self, asked: int, distinct: bool) -> None:
        self._asked, self._distinct = asked, distinct
        self._lock = threading.Lock()
        self._first: dict[Candidate, int] = {}
        self._done = self._in_work = self._idle = 0

    @property
    def done(self) -> int:
        """Trials that count so far."""
        return self._done

    @property
    def idle(self) -> int:
        """Trials in a row that did not count."""
        return self._idle

    def restore(self, trials: Iterable[tuple[int, Candidate, bool]]) -> None:
        """Count the finished trials of an earlier run: ``(number, candidate, scored)`` in order of number."""
        for number, candidate, scored in trials:
            first = self.first_trial(candidate, number)
            self._done += int(not self._distinct or (first == number and scored))

    def take_ticket(self) -> bool:
        """Reserve a trial; False when enough are done or in work."""
        with self._lock:
            if self._done + self._in_work >= self._asked:
                return False
            self._in_work += 1
            return True

    def return_ticket(self, counted: bool) -> None:
        """Give a ticket back after its trial, which counted or not."""
        with self._lock:
            self._in_work -= 1
            counted = counted or not self._distinct
            self._done += int(counted)
            self._idle = 0 if counted else self._idle + 1

    def first_trial(self, candidate: Candidate, number: int) -> int:
        """Number of the first trial that had this candidate: ``number`` itself when it is the first."""
        with self._lock:
            return self._first.setdefault(candidate, number)

    def seen(self, candidate: Candidate) -> bool:
        """Whether a trial has had this candidate."""
        with self._lock:
            return candidate in self._first
