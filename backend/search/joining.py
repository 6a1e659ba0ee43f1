"""A machine that lends itself: takes queued runs, and joins running ones that have room for another worker."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from backend.errors import SearchFailedError, UserError
from backend.search import execution, launch
from backend.studies import list_studies, queue
from backend.studies.database import Database
from backend.studies.outages import ride_out
from backend.studies.summaries import StudySummary

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0


def work(database: Database, *, once: bool = False) -> None:
    """Work on whatever there is to do, until SIGINT or SIGTERM.

    A run that this machine cannot do (a proxy, images or a device that it has not) is left to others.

    Args:
        database: where the runs are.
        once: return as soon as there is nothing to do.
    """
    refused: set[int] = set()
    with _until_signalled() as stopped:
        while not stopped.is_set():
            if _one(database, refused):
                continue
            if once:
                return
            stopped.wait(_POLL_SECONDS)


def _one(database: Database, refused: set[int]) -> bool:
    """Do one thing; False when there is nothing to do."""
    for study in reversed(ride_out(lambda: list_studies(database))):
        if study.study_id in refused or study.run is None:
            continue
        try:
            if study.run.state == "queued" and study.run.pid is None:
                return _begin(database, study)
            if _has_room(study) and execution.join_run(database, study.name) is not None:
                return True
        except (UserError, SearchFailedError) as error:
            logger.warning("%s: left to others: %s", study.name, error)
            refused.add(study.study_id)
    return False


def _begin(database: Database, study: StudySummary) -> bool:
    if study.config is None:
        raise UserError(study.config_problem)
    launch.check(database, study.config)
    queue.leave(database, study.study_id)
    logger.info("beginning %s", study.name)
    execution.execute_run(database, study.name)
    return True


def _has_room(study: StudySummary) -> bool:
    """Whether it may have: that is looked at again on joining. A run whose workers were all killed reads failed."""
    if study.run is None or study.config is None or study.config.setup.n_workers == 1:
        return False
    return study.run.state == "running" or (study.run.state == "failed" and study.run.ended is None)


@contextmanager
def _until_signalled() -> Iterator[threading.Event]:
    """The first SIGINT or SIGTERM ends the work after the trial that is done; a second one at once."""
    stopped = threading.Event()

    def stop(number: int, _frame: FrameType | None) -> None:
        stopped.set()
        signal.signal(number, before[signal.Signals(number)])

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
