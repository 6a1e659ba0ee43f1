"""Tickets for the trials of a run that several processes share: no more trials count than were asked, exactly.

A process takes a ticket before a trial and settles it after. Each step may be repeated when it is not known whether
it reached the database: a token tells the ticket. Whoever takes a worker for dead voids its open tickets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Update, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.storage.database import Database
from backend.storage.schema import runs, stored_key, tickets

Settled = Literal["counted", "void"]


class Entry(NamedTuple):
    """A trial that ended before: its number, its candidate if it was the first to have it, and whether it counts."""

    number: int
    candidate: str | None
    counts: bool


class OpenTicket(NamedTuple):
    """A ticket of a trial that a worker runs; ``number`` is its trial's, once that is known."""

    token: str
    number: int | None


def stored_candidate(key: str) -> str:
    """A candidate's key as tickets store it."""
    return stored_key(tickets.c.candidate, key)


@dataclass(frozen=True)
class Tickets:
    """The tickets of one run.

    Attributes:
        database: where they are.
        study_id: of the run.
        asked: how many trials are to count.
    """

    database: Database
    study_id: int
    asked: int

    def restore(self, entries: Iterable[Entry]) -> None:
        """Replace all tickets by those of trials that ended; for the process that begins, or resumes, the run."""
        rows = [
            {
                "number": number,
                "candidate": None if candidate is None else stored_candidate(candidate),
                **self._key(uuid4().hex),
                "state": "counted" if counts else "void",
            }
            for number, candidate, counts in entries
        ]
        with self.database.begin() as connection:
            connection.execute(delete(tickets).where(tickets.c.study_id == self.study_id))
            if rows:
                connection.execute(insert(tickets), rows)

    def take(self, token: str, worker_id: int) -> bool:
        """Open a ticket; False when enough trials are done or running, or the run does not go on."""
        with self.database.begin() as connection:
            # The run's row is written first: others wait until the count stands.
            running = update(runs).where(runs.c.study_id == self.study_id, runs.c.state == "running")
            if connection.execute(running.values(asked=runs.c.asked)).rowcount != 1:
                return False
            states = tickets.c.state.in_(("open", "counted"))
            own = select(tickets.c.id).where(tickets.c.token == token)
            if connection.execute(own).first():
                return True
            taken = select(func.count()).where(tickets.c.study_id == self.study_id, states)
            if connection.execute(taken).scalar_one() >= self.asked:
                return False
            connection.execute(insert(tickets).values({**self._key(token), "worker_id": worker_id, "state": "open"}))
            return True

    def name(self, token: str, number: int, candidate: str) -> int:
        """Say which trial and candidate an open ticket is for.

        Returns:
            The number of the first trial that had the candidate: ``number`` itself when it is the first.
        """
        own = update(tickets).where(tickets.c.token == token)
        candidate = stored_candidate(candidate)
        try:
            with self.database.begin() as connection:
                connection.execute(own.values(number=number, candidate=candidate))
        except IntegrityError:
            with self.database.begin() as connection:
                connection.execute(own.values(number=number))
                found = select(tickets.c.number).where(self._all(), tickets.c.candidate == candidate)
                first = connection.execute(found).scalar()
            # None: it was given up between the two looks.
            return number if first is None else int(first)
        return number

    def finish(self, token: str, state: Settled) -> int:
        """End an open ticket, if it still is; returns how many trials count now."""
        with self.database.begin() as connection:
            connection.execute(self._settled(token, state))
            return self._count(connection)

    def settle(self, token: str, state: Settled, *, forget: bool = False) -> bool:
        """End an open ticket; False when it was not open any more.

        Args:
            token: of the ticket.
            state: whether its trial counts.
            forget: leave the candidate to another trial.
        """
        query = self._settled(token, state)
        with self.database.begin() as connection:
            return connection.execute(query.values(candidate=None) if forget else query).rowcount == 1

    def done(self) -> int:
        """How many trials count so far."""
        with self.database.engine.connect() as connection:
            return self._count(connection)

    def opened_by(self, worker_id: int) -> list[OpenTicket]:
        """The tickets of the trials that a worker runs."""
        query = select(tickets.c.token, tickets.c.number).where(
            self._all(), tickets.c.worker_id == worker_id, tickets.c.state == "open"
        )
        with self.database.engine.connect() as connection:
            return [OpenTicket(*row) for row in connection.execute(query)]

    def named(self) -> set[int]:
        """Numbers of the running trials."""
        query = select(tickets.c.number).where(self._all(), tickets.c.state == "open", tickets.c.number.is_not(None))
        with self.database.engine.connect() as connection:
            return set(connection.scalars(query))

    def candidates(self, after: int) -> tuple[set[str], int]:
        """Candidates of the tickets after an id, as stored, and the id after which the next look has to begin."""
        query = select(tickets.c.id, tickets.c.state, tickets.c.candidate).where(self._all(), tickets.c.id > after)
        with self.database.engine.connect() as connection:
            rows = connection.execute(query.order_by(tickets.c.id)).all()
        unsettled = [row.id for row in rows if row.state == "open"]
        last = min(unsettled) - 1 if unsettled else max((row.id for row in rows), default=after)
        return {row.candidate for row in rows if row.candidate is not None}, last

    def _count(self, connection: Connection) -> int:
        counted = select(func.count()).where(self._all(), tickets.c.state == "counted")
        return int(connection.execute(counted).scalar_one())

    @staticmethod
    def _settled(token: str, state: Settled) -> Update:
        return update(tickets).where(tickets.c.token == token, tickets.c.state == "open").values(state=state)

    def _key(self, token: str) -> dict[str, str | int | None]:
        return {"study_id": self.study_id, "token": token, "worker_id": None}

    def _all(self) -> ColumnElement[bool]:
        return tickets.c.study_id == self.study_id
