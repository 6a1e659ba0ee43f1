"""A process's place among the workers of a run that several share."""

import os
import socket
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import optuna

from backend.search import recovery
from backend.search.budget import SharedBudget
from backend.search.config import SearchConfig
from backend.search.runner import Shared
from backend.studies import runs, workers
from backend.studies.catalog import trials_asked
from backend.studies.database import Database
from backend.studies.tickets import Tickets


@dataclass(frozen=True)
class Place:
    """This process's place.

    Attributes:
        tickets: of the run.
        worker_id: this process's.
        distinct: whether only distinct cells count.
        is_first: whether it began, or resumed, the run.
    """

    tickets: Tickets
    worker_id: int
    distinct: bool
    is_first: bool

    @property
    def who(self) -> str:
        """Words for this process."""
        return f"worker {os.getpid()} on {socket.gethostname()}"

    def shared(self, study: optuna.Study) -> Shared:
        """What the search of this process needs to be one of several."""
        run = runs.read_run(self.tickets.database, self.tickets.study_id)
        began = run.started if run and run.started else datetime.now(UTC)
        return Shared(
            SharedBudget(self.tickets, self.worker_id, self.distinct),
            self.worker_id,
            lambda: recovery.recover(study, self.tickets, self.distinct),
            (datetime.now(UTC) - began).total_seconds(),
        )

    def beat(self) -> bool:
        """Show a sign of life; False once others took this process for dead."""
        return workers.beat(self.tickets.database, self.worker_id)

    def leave(self) -> bool:
        """Leave; False when nobody else is there, so that this process has to end the run."""
        return workers.leave(self.tickets.database, self.tickets.study_id, self.worker_id)


def first_place(database: Database, study: optuna.Study, config: SearchConfig) -> Place:
    """The place of the process that has claimed the run."""
    place = _place(database, study, config)
    recovery.begin(study, place.tickets, place.distinct)
    return replace(place, worker_id=workers.come_first(database, study._study_id), is_first=True)


def further_place(database: Database, study: optuna.Study, config: SearchConfig) -> Place | None:
    """A place beside the others, or instead of killed ones; None where there is none, or nothing left to do."""
    if config.setup.n_workers == 1:
        return None
    place = _place(database, study, config)
    there = any(worker.alive for worker in workers.list_workers(database, study._study_id))
    if there and place.tickets.done() >= place.tickets.asked:
        return None
    worker_id = workers.join(database, study._study_id, config.setup.n_workers)
    return None if worker_id is None else replace(place, worker_id=worker_id)


def _place(database: Database, study: optuna.Study, config: SearchConfig) -> Place:
    tickets = Tickets(database, study._study_id, trials_asked(config))
    return Place(tickets, 0, config.setup.distinct_cells, is_first=False)
