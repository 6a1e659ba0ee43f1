"""A process's place among the workers of a run that several share."""

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import optuna

from backend.runs import recovery
from backend.runs.budget import SharedBudget
from backend.runs.recovery import Recovery
from backend.runs.search_loop import Shared
from backend.runs.tickets import Tickets
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import runs, workers


@dataclass(frozen=True)
class Place:
    """This process's place.

    Attributes:
        tickets: of the run.
        worker_id: this process's.
        problem: what is searched.
        is_first: whether it began, or resumed, the run.
    """

    tickets: Tickets
    worker_id: int
    problem: SearchProblem
    is_first: bool

    @property
    def who(self) -> str:
        """Words for this process."""
        return f"worker {os.getpid()} on {socket.gethostname()}"

    def recovery(self, study: optuna.Study) -> Recovery:
        """What takes over from killed workers."""
        return Recovery(study, self.tickets, self.problem)

    def shared(self, recover: Callable[[], None]) -> Shared:
        """What the search of this process needs to be one of several.

        Args:
            recover: takes over from killed workers.
        """
        run = runs.read_run(self.tickets.database, self.tickets.study_id)
        began = run.started if run and run.started else datetime.now(UTC)
        return Shared(
            SharedBudget(self.tickets, self.worker_id, self.problem.counts_distinct),
            self.worker_id,
            recover,
            (datetime.now(UTC) - began).total_seconds(),
        )

    def beat(self) -> bool:
        """Show a sign of life; False once others took this process for dead."""
        return workers.beat(self.tickets.database, self.worker_id)

    def leave(self) -> bool:
        """Leave; False when nobody else is there, so that this process has to end the run."""
        return workers.leave(self.tickets.database, self.tickets.study_id, self.worker_id)


def first_place(database: Database, study: optuna.Study, problem: SearchProblem) -> Place:
    """The place of the process that has claimed the run."""
    tickets = _tickets(database, study, problem)
    tickets.restore(recovery.begin(study, problem))
    return Place(tickets, workers.come_first(database, study_id_of(study)), problem, is_first=True)


def further_place(database: Database, study: optuna.Study, problem: SearchProblem) -> Place | None:
    """A place beside the others, or instead of killed ones; None where there is none, or nothing left to do."""
    most = problem.config.setup.n_workers
    if most == 1:
        return None
    tickets = _tickets(database, study, problem)
    there = any(workers.living_by_study(database, [study_id_of(study)]).values())
    if there and tickets.done() >= tickets.asked:
        return None
    worker_id = workers.join(database, study_id_of(study), most)
    return None if worker_id is None else Place(tickets, worker_id, problem, is_first=False)


def _tickets(database: Database, study: optuna.Study, problem: SearchProblem) -> Tickets:
    return Tickets(database, study_id_of(study), problem.asked)
