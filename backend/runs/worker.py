"""A machine that lends itself: takes queued runs, and joins running ones that have room for another worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from backend.errors import UserError
from backend.runs import execute as execution
from backend.runs import launch, queue
from backend.runs.execute import stopping_on_signals
from backend.runs.search_loop import Outcome
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.optuna_internals.tables import STUDIES
from backend.storage.outages import ride_out
from backend.storage.schema import runs, workers
from backend.studies.catalog import load_study, study_config
from backend.studies.folders import run_folder
from backend.studies.workers import is_living


@dataclass(frozen=True)
class Offer:
    """A run that a worker may find a place in.

    Attributes:
        study_id: of the run.
        name: of its study.
        waits: whether it has not begun; else several processes share it, or did until they were killed.
        living: how many processes run it.
    """

    study_id: int
    name: str
    waits: bool
    living: int


def list_offers(database: Database) -> list[Offer]:
    """All that there are, the oldest first."""
    waits = (runs.c.state == "queued") & runs.c.pid.is_(None)
    query = (
        select(STUDIES.c.study_name, runs.c.state, workers, runs.c.study_id.label("run"))
        .join(STUDIES, STUDIES.c.study_id == runs.c.study_id)
        .outerjoin(workers, and_(workers.c.study_id == runs.c.study_id, workers.c.left_at.is_(None)))
        .where(or_(waits, (runs.c.state == "running") & workers.c.id.is_not(None)))
        .order_by(runs.c.created, runs.c.study_id)
    )
    found: dict[int, Offer] = {}
    with database.engine.connect() as connection:
        for row in connection.execute(query).mappings():
            study_id, queued = row["run"], row["state"] == "queued"
            before = found[study_id].living if study_id in found else 0
            living = before + (row["id"] is not None and is_living(dict(row)))
            found[study_id] = Offer(study_id, row["study_name"], queued, living)
    return list(found.values())


logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0


def work(database: Database, *, once: bool = False, beside: Callable[[], Outcome | None] = lambda: None) -> None:
    """Work on whatever there is to do, until SIGINT or SIGTERM.

    A run that this machine cannot do (a proxy, images or a device that it has not) is left to others.

    Args:
        database: where the runs are.
        once: return as soon as there is nothing to do, or no place.
        beside: does other work, where no run has a place; None where there is none either.
    """
    stopped = threading.Event()
    helper = _Helper(database)
    with stopping_on_signals(stopped.set):
        while not stopped.is_set():
            outcome = helper.help() or beside()
            if outcome is not None and outcome.reason == execution.INTERRUPTED:
                return
            if outcome is None:
                if once:
                    return
                stopped.wait(_POLL_SECONDS)


class _Helper:
    """Looks for work, with one query where there is none.

    Args:
        database: where the runs are.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._refused: set[int] = set()
        self._most: dict[int, int] = {}

    def help(self) -> Outcome | None:
        """Work on the oldest run that has a place; None where none has."""
        found = ride_out(lambda: list_offers(self._database))
        outcomes = (self._try(offer) for offer in found if offer.study_id not in self._refused)
        return next(filter(None, outcomes), None)

    def _try(self, offer: Offer) -> Outcome | None:
        """Work on a run; None where there was no place. One that cannot be worked on here is not tried again."""
        try:
            if offer.waits:
                return begin(self._database, offer.name)
            if offer.living < self._most_workers(offer):
                return execution.join_run(self._database, offer.name)
        except Exception as error:  # noqa: BLE001
            # Whatever it was stands in the run's log: this machine goes on with others.
            logger.warning("%s is left to others: %s", offer.name, error)
            self._refused.add(offer.study_id)
        return None

    def _most_workers(self, offer: Offer) -> int:
        """How many a run asks for, which never changes."""
        if offer.study_id not in self._most:
            config = study_config(load_study(self._database, offer.name))
            self._most[offer.study_id] = config.setup.n_workers if config else 0
        return self._most[offer.study_id]


def begin(database: Database, name: str) -> Outcome | None:
    """Begin a queued run and work on it to its end; None where another process was faster: it can be joined next.

    Raises:
        UserError: this machine cannot do it.
    """
    study = load_study(database, name)
    config = study_config(study)
    if config is None:
        raise UserError(f"study: {name!r} was not made by ProxyScope, so there is no search to run")
    launch.check(database, config)
    run_folder(database, name)
    queue.leave(database, study_id_of(study))
    try:
        return execution.execute_run(database, name)
    except execution.RunTakenError:
        logger.info("%s: another worker was faster", name)
        return None
