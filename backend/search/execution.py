"""Executes the queued run of a study in this process, and keeps its state, log and results in step."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import optuna
from sqlalchemy.exc import SQLAlchemyError

from backend.errors import SearchFailedError, UserError
from backend.search import joint, recovery
from backend.search.config import SearchConfig
from backend.search.ensembles import fit_line, kept_ensembles, same_images
from backend.search.measure import Measurer
from backend.search.notices import notices
from backend.search.results import write_results
from backend.search.runner import Outcome, Search
from backend.search.score_source import open_scores
from backend.studies import runs, workers
from backend.studies.batched_storage import BatchedStorage
from backend.studies.catalog import load_study, study_config, trials_asked
from backend.studies.database import Database
from backend.studies.folders import run_folder

logger = logging.getLogger(__name__)

INTERRUPTED = "interrupted"
"""Why a search ends that SIGINT or SIGTERM has stopped."""
_STOP_POLL_SECONDS = 1.0


class RunTakenError(UserError):
    """The run is not queued, or no more: another process was faster."""


def execute_run(database: Database, name: str, on_trial: Callable[[int, int], None] | None = None) -> Outcome:
    """Execute a study's queued run to its end, in the foreground.

    SIGINT and SIGTERM stop it after the trials in work. Whatever happens, the run's state says how it ended and all
    that was measured is kept.

    Args:
        database: where the study is.
        name: the study.
        on_trial: called with (trials done, trials asked) after each trial.

    Raises:
        RunTakenError: its run is not queued.
        UserError: no such study, or no configuration of ProxyScope in it.
    """
    study = load_study(database, name)
    study_id = study._study_id
    config = study_config(study)
    if config is None:
        raise UserError(f"study: {name!r} was not made by ProxyScope, so there is no search to run")
    if not runs.claim(database, study_id):
        run = runs.read_run(database, study_id)
        raise RunTakenError(f"study: the run of {name!r} is {run.state if run else 'unknown'}, not queued")
    shared = config.setup.n_workers > 1
    with _logged_to(database, study_id):
        try:
            place = joint.first_place(database, study, config) if shared else None
            return _search(database, study, config, on_trial, place)
        except UserError as error:
            _fail(database, study_id, str(error))
            raise
        except Exception as error:
            logger.debug("the run failed", exc_info=True)
            _fail(database, study_id, f"{type(error).__name__}: {error}")
            raise


def join_run(database: Database, name: str, on_trial: Callable[[int, int], None] | None = None) -> Outcome | None:
    """Work on a study's run beside the processes that have it, or in the place of killed ones, to its end.

    Args:
        database: where the study is.
        name: the study.
        on_trial: called with (trials done by all, trials asked) after each trial of this process.

    Returns:
        How it ended for this process; None when there was no place, or nothing runs.

    Raises:
        UserError: this machine cannot do it: no such images, device or proxy. The run goes on without it.
    """
    study = load_study(database, name)
    config = study_config(study)
    place = joint.further_place(database, study, config) if config else None
    if config is None or place is None:
        return None
    with _logged_to(database, study._study_id):
        try:
            return _search(database, study, config, on_trial, place)
        except Exception as error:
            reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
            if not isinstance(error, SearchFailedError) and place.leave():
                logger.warning("%s leaves: %s", place.who, reason.splitlines()[0])
            else:
                _fail(database, study._study_id, reason)
            raise


def _search(
    database: Database,
    study: optuna.Study,
    config: SearchConfig,
    on_trial: Callable[[int, int], None] | None,
    place: joint.Place | None,
) -> Outcome:
    study_id, asked = study._study_id, trials_asked(config)
    folder = run_folder(study.study_name)
    if place is None or place.is_first:
        _say_what_runs(config, asked)
    else:
        logger.info("%s joins", place.who)
    source = open_scores(config, database.engine)
    storage = BatchedStorage(database.storage)
    study = optuna.load_study(study_name=study.study_name, storage=storage)
    runs.describe_work(database, study_id, source.device, source.images)
    logger.info("device: %s", source.device)
    logger.info("images: %s", source.images)

    ensembles = kept_ensembles(database, study)
    for metric, saved in ensembles.items():
        logger.info("%s", fit_line(metric, saved))
        if saved.scores and not same_images(saved.scores, source.images):
            logger.warning("%s was fitted on scores of other images: %s", metric, saved.scores)

    predicting = {metric: saved.ensemble for metric, saved in ensembles.items()}

    def trial_done(done: int) -> None:
        runs.count_done(database, study_id, done)
        if on_trial is not None:
            on_trial(done, asked)

    on_cell = None if source.instant and place is None else storage.flush
    shared = place.shared(study) if place else None
    search = Search(study, config, Measurer(config, source, predicting), asked, trial_done, on_cell, shared)
    with _stopping_on_signals(search), _pulse(database, study_id, search, place):
        outcome = search.run()
    if place is not None and place.leave():
        logger.info("%s leaves%s", place.who, f": {outcome.reason}" if outcome.reason else "")
        return outcome
    recovery.close_open(study)
    write_results(study, config, folder)
    _end(database, study_id, outcome, asked, folder)
    return outcome


def _say_what_runs(config: SearchConfig, asked: int) -> None:
    for line in notices(config):
        logger.warning(line)
    if config.setup.distinct_cells and asked < config.setup.n_trials:
        logger.warning(
            "n_trials is %d but options and constraints leave %d cells: all of them are scored.",
            config.setup.n_trials,
            asked,
        )
    kind = "distinct cells" if config.setup.distinct_cells else "trials"
    logger.info(
        "%s of %s: %d %s, proxies %s", config.setup.sampler, config.dataset, asked, kind, ", ".join(config.proxy_names)
    )
    if config.hardware_metrics:
        logger.info("hardware metrics %s", ", ".join(config.hardware_metrics))
    if config.constraints:
        logger.info("constraints %s", ", ".join(item.shown for item in config.constraints))


def _end(database: Database, study_id: int, outcome: Outcome, asked: int, folder: Path) -> None:
    complete = outcome.done >= asked
    by_request = outcome.stopped and not complete
    state: runs.State = "stopped" if by_request else "finished"
    message = "" if complete else f"{outcome.reason} after {outcome.done} of {asked}"
    logger.info(
        "%s: %d of %d done%s; results in %s",
        state,
        outcome.done,
        asked,
        f", {outcome.reason}" if message else "",
        folder,
    )
    runs.end(database, study_id, state, message)
    workers.dismiss(database, study_id)


def _fail(database: Database, study_id: int, reason: str) -> None:
    reason = reason.splitlines()[0]
    logger.error("failed: %s", reason)
    runs.end(database, study_id, "failed", reason)
    workers.dismiss(database, study_id)


class _DatabaseLog(logging.Handler):
    """Writes the run's log into the study database."""

    def __init__(self, database: Database, study_id: int) -> None:
        super().__init__(logging.INFO)
        self._database, self._study_id = database, study_id

    def emit(self, record: logging.LogRecord) -> None:
        """Append a line; a database in trouble must not end the run."""
        try:
            runs.append_log(self._database, self._study_id, record.levelname, record.getMessage())
        except SQLAlchemyError:
            self.handleError(record)


@contextmanager
def _logged_to(database: Database, study_id: int) -> Iterator[None]:
    backend_logger = logging.getLogger("backend")
    handler = _DatabaseLog(database, study_id)
    level = backend_logger.level
    backend_logger.addHandler(handler)
    backend_logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        backend_logger.removeHandler(handler)
        backend_logger.setLevel(level)


@contextmanager
def _pulse(database: Database, study_id: int, search: Search, place: joint.Place | None) -> Iterator[None]:
    """Shows signs of life and looks for a stop that was asked for, beside the search."""
    ended = threading.Event()

    def pulse() -> None:
        elapsed = 0.0
        while not ended.wait(_STOP_POLL_SECONDS):
            elapsed += _STOP_POLL_SECONDS
            try:
                if runs.stop_requested(database, study_id):
                    search.stop("stopped on request")
                if elapsed >= runs.HEARTBEAT_SECONDS:
                    runs.beat(database, study_id)
                    elapsed = 0.0
                    if place is not None and not place.beat():
                        search.stop("others took it for dead")
            except SQLAlchemyError as error:
                logger.debug("no heartbeat: %s", error)

    thread = threading.Thread(target=pulse, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _stopping_on_signals(search: Search) -> Iterator[None]:
    """The first SIGINT or SIGTERM stops the search; a second SIGINT interrupts at once. Main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _frame: FrameType | None) -> None:
        logger.warning("stopping after the trial in work")
        search.stop(INTERRUPTED)
        signal.signal(number, before[signal.Signals(number)])

    before = {sign: signal.signal(sign, stop) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)
