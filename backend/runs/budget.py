"""Counts what a search has done against what it was asked, exactly, with any number of threads and processes."""

import threading
from collections.abc import Iterable
from typing import Protocol
from uuid import uuid4

from backend.runs.tickets import Entry, Tickets, stored_candidate
from backend.storage.outages import ride_out

Ticket = str


class Counter(Protocol):
    """What a search needs of its budget: a ticket for each trial, and which architectures it has had.

    An architecture goes by its identity: what the budget counts as one.

    Attributes:
        done: trials that count so far.
    """

    @property
    def done(self) -> int: ...  # noqa: D102

    def take_ticket(self) -> Ticket | None:
        """Reserve a trial; None when enough are done or running."""

    def return_ticket(self, ticket: Ticket, counted: bool) -> int:
        """Give a ticket back after its trial, which counted or not; returns how many count now."""

    def first_trial(self, ticket: Ticket, identity: str, number: int) -> int:
        """Number of the first trial that had this architecture: ``number`` itself when it is the first."""

    def seen(self, identity: str) -> bool:
        """Whether a trial has had this architecture."""

    def spent(self) -> bool:
        """Whether as many trials as were asked count, so that the end of a running trial cannot change it."""


class Budget:
    """Tickets for trials: as many count as were asked, however many threads draw them.

    With ``distinct`` a trial counts when its architecture is scored and seen for the first time; otherwise all count.

    Args:
        asked: how many trials are to count.
        distinct: whether only distinct architectures count.
    """

    def __init__(self, asked: int, distinct: bool) -> None:
        self._asked, self._distinct = asked, distinct
        self._lock = threading.Lock()
        self._first: dict[str, int] = {}
        self._done = self._in_work = 0

    @property
    def done(self) -> int:
        """Trials that count so far."""
        return self._done

    def restore(self, entries: Iterable[Entry]) -> None:
        """Count the finished trials of an earlier run."""
        for number, candidate, counts in entries:
            if candidate is not None:
                self._first[candidate] = number
            self._done += int(counts)

    def take_ticket(self) -> Ticket | None:
        """See :class:`Counter`."""
        with self._lock:
            if self._done + self._in_work >= self._asked:
                return None
            self._in_work += 1
            return ""

    def return_ticket(self, ticket: Ticket, counted: bool) -> int:
        """See :class:`Counter`."""
        del ticket
        with self._lock:
            self._in_work -= 1
            counted = counted or not self._distinct
            self._done += int(counted)
            return self._done

    def first_trial(self, ticket: Ticket, identity: str, number: int) -> int:
        """See :class:`Counter`."""
        del ticket
        with self._lock:
            return self._first.setdefault(identity, number)

    def seen(self, identity: str) -> bool:
        """See :class:`Counter`."""
        with self._lock:
            return identity in self._first

    def spent(self) -> bool:
        """Always: what runs here is this process's own, which counts it when it ends."""
        return True


class SharedBudget:
    """A budget that the workers of a run share through the study database.

    Args:
        tickets: of the run.
        worker_id: this process's.
        distinct: whether only distinct architectures count.
    """

    def __init__(self, tickets: Tickets, worker_id: int, distinct: bool) -> None:
        self._tickets, self._worker_id, self._distinct = tickets, worker_id, distinct
        self._lock = threading.Lock()
        self._seen: set[str] = set()
        self._looked_until = 0

    @property
    def done(self) -> int:
        """Trials of all workers that count so far."""
        return ride_out(self._tickets.done)

    def take_ticket(self) -> Ticket | None:
        """See :class:`Counter`."""
        ticket = uuid4().hex
        if not ride_out(lambda: self._tickets.take(ticket, self._worker_id)):
            return None
        found, until = ride_out(lambda: self._tickets.candidates(self._looked_until))
        with self._lock:
            self._seen |= found
            self._looked_until = max(self._looked_until, until)
        return ticket

    def return_ticket(self, ticket: Ticket, counted: bool) -> int:
        """See :class:`Counter`."""
        counted = counted or not self._distinct
        return ride_out(lambda: self._tickets.finish(ticket, "counted" if counted else "void"))

    def first_trial(self, ticket: Ticket, identity: str, number: int) -> int:
        """See :class:`Counter`."""
        key = stored_candidate(identity)
        first = ride_out(lambda: self._tickets.name(ticket, number, key))
        with self._lock:
            self._seen.add(key)
        return first

    def seen(self, identity: str) -> bool:
        """See :class:`Counter`: any worker's, as of this process's last ticket."""
        with self._lock:
            return stored_candidate(identity) in self._seen

    def spent(self) -> bool:
        """Whether all that was asked is done: until then a trial that runs elsewhere may be lost, and open a place."""
        return self.done >= self._tickets.asked
