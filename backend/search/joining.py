"""A machine that lends itself: takes queued runs, and joins running ones that have room for another worker."""

import logging
import signal
import threading
from collections.abc import Container, Iterator
from contextlib import contextmanager
from types import FrameType

from backend.errors import UserError
from backend.search import execution, launch
from backend.search.runner import Outcome
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
        once: return as soon as there is nothing to do, or no place.
    """
    refused: set[int] = set()
    with _until_signalled() as stopped:
        while not stopped.is_set():
            outcomes = (_try(database, study, refused) for study in _worth_a_try(database, refused))
            outcome = next(filter(None, outcomes), None)
            if outcome is not None and outcome.reason == execution.INTERRUPTED:
                return
            if outcome is None:
                if once:
                    return
                stopped.wait(_POLL_SECONDS)


def _worth_a_try(database: Database, refused: Container[int]) -> list[StudySummary]:
    """The searches that wait, or may have room for another worker, the oldest first."""
    found = reversed(ride_out(lambda: list_studies(database)))
    return [study for study in found if study.study_id not in refused and (_waits(study) or _has_room(study))]


def _try(database: Database, study: StudySummary, refused: set[int]) -> Outcome | None:
    """Work on a search; None where there was no place. One that cannot be worked on here is not tried again."""
    try:
        return begin(database, study) if _waits(study) else execution.join_run(database, study.name)
    except Exception as error:  # noqa: BLE001
        # Whatever it was stands in the search's log: this machine goes on with others.
        logger.warning("%s is left to others: %s", study.name, error)
        refused.add(study.study_id)
        return None


def begin(database: Database, study: StudySummary) -> Outcome | None:
    """Begin a queued run and work on it to its end; None where another process was faster: it can be joined next.

    Raises:
        UserError: this machine cannot do it.
    """
    if study.config is None:
        raise UserError(study.config_problem)
    launch.check(database, study.config)
    queue.leave(database, study.study_id)
    try:
        return execution.execute_run(database, study.name)
    except execution.RunTakenError:
        logger.info("%s: another worker was faster", study.name)
        return None


def _waits(study: StudySummary) -> bool:
    return study.run is not None and study.run.state == "queued" and study.run.pid is None


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
