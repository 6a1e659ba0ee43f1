"""Executes the queued run of a study in this process, and keeps its state, log and results in step."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import optuna
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import SQLAlchemyError

from backend.config.advice import notices
from backend.errors import SearchFailedError, UserError
from backend.runs import place as joint
from backend.runs.recovery import Recovery, close_open
from backend.runs.search_loop import Outcome, Search
from backend.search.ensembles import fit_line, kept_ensembles, same_images
from backend.search.measure import Measurer, ScoreSource, open_scores
from backend.search.problem import SearchProblem
from backend.storage.database import Database
from backend.storage.optuna_internals.batched_storage import BatchedStorage
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.outages import Reserve, is_outage, refusal
from backend.studies import runs, workers
from backend.studies.catalog import load_study, load_to_change, study_config
from backend.studies.folders import run_folder


@contextmanager
def stopping_on_signals(stop: Callable[[], None]) -> Iterator[None]:
    """The first SIGINT or SIGTERM calls ``stop``; a second one does what it did before. Main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        stop()
        signal.signal(number, before[signal.Signals(number)])

    before = {sign: signal.signal(sign, on_signal) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


logger = logging.getLogger(__name__)

IMAGES = "proxyscope:images"
"""The study's system attribute with the digest of the images that its search began with."""
INTERRUPTED = "interrupted"
"""Why a search ends that SIGINT or SIGTERM has stopped."""
_STOP_POLL_SECONDS = 1.0
_LOOK_SECONDS = 1.0
"""A process that has a run alone looks so often for trials that others have enqueued."""


class RunTakenError(UserError):
    """The run is not queued, or no more: another process was faster."""


def execute_run(database: Database, name: str, on_trial: Callable[[int, int], None] | None = None) -> Outcome:
    """Execute a study's queued run to its end, in the foreground.

    SIGINT and SIGTERM stop it after the running trials. Whatever happens, the run's state says how it ended and all
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
    study_id = study_id_of(study)
    config = study_config(study)
    if config is None:
        raise UserError(f"study: {name!r} was not made by ProxyScope, so there is no search to run")
    if not runs.claim(database, study_id):
        run = runs.read_run(database, study_id)
        raise RunTakenError(f"study: the run of {name!r} is {run.state if run else 'unknown'}, not queued")
    place, study = None, load_to_change(database, name)
    with logged_to(database, study_id):
        try:
            Reserve(database, study_id).set_aside()
            problem = SearchProblem(config)
            place = joint.first_place(database, study, problem) if config.setup.n_workers > 1 else None
            return _search(database, study, problem, on_trial, place)
        except Exception as error:
            _give_up(database, study_id, error, place)
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
    problem = SearchProblem(config) if config else None
    place = joint.further_place(database, study, problem) if problem else None
    if problem is None or place is None:
        return None
    with logged_to(database, study_id_of(study)):
        try:
            return _search(database, study, problem, on_trial, place)
        except Exception as error:
            _give_up(database, study_id_of(study), error, place)
            raise


def _search(
    database: Database,
    study: optuna.Study,
    problem: SearchProblem,
    on_trial: Callable[[int, int], None] | None,
    place: joint.Place | None,
) -> Outcome:
    study_id, asked = study_id_of(study), problem.asked
    folder = run_folder(database, study.study_name)
    if place is None or place.is_first:
        _say_what_runs(problem)
    else:
        logger.info("%s joins", place.who)
    source = open_scores(problem, database.engine)
    _compare_images(database, study, source, joins=place is not None and not place.is_first)
    storage = BatchedStorage(database.storage, look_every=0.0 if place else _LOOK_SECONDS)
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

    on_architecture = None if source.instant and place is None else storage.flush
    recovery = place.recovery(study) if place else None
    shared = place.shared(recovery.settle) if place and recovery else None
    measurer = Measurer(problem, source, predicting)
    search = Search(study, problem, measurer, asked, trial_done, on_architecture, shared)

    def interrupt() -> None:
        logger.warning("stopping after the running trial")
        search.stop(INTERRUPTED)

    with stopping_on_signals(interrupt), _pulse(database, study_id, search, place, recovery):
        outcome = search.run()
    if place is not None and place.leave():
        logger.info("%s leaves%s", place.who, f": {outcome.reason}" if outcome.reason else "")
        return outcome
    close_open(study)
    # scikit-learn takes longer to load than a search to begin.
    from backend.search.results import write_results  # noqa: PLC0415

    write_results(study, problem.config, folder)
    _end(database, study_id, outcome, asked, folder)
    return outcome


def _compare_images(database: Database, study: optuna.Study, source: ScoreSource, *, joins: bool) -> None:
    """Note which images a search began with, and say where those of today are others.

    Raises:
        UserError: a worker that joins reads other images: its scores cannot be compared with those of the others.
    """
    began = database.storage.get_study_system_attrs(study_id_of(study)).get(IMAGES)
    if not source.digest or began == source.digest:
        return
    if began is None:
        database.storage.set_study_system_attr(study_id_of(study), IMAGES, source.digest)
        return
    said = f"the images are not those that the search began with ({source.images.rstrip('.')})"
    if joins:
        raise UserError(f"images: {said}; give this machine the same files")
    logger.warning("%s: scores from here on cannot be compared with those before", said)


def _say_what_runs(problem: SearchProblem) -> None:
    config, many, asked = problem.config, problem.space.words.many, problem.asked
    for line in notices(config):
        logger.warning(line)
    if problem.counts_distinct and asked < config.setup.n_trials:
        logger.warning(
            "n_trials is %d but options and constraints leave %d %s: all of them are scored.",
            config.setup.n_trials,
            asked,
            many,
        )
    if config.setup.n_workers > 1:
        logger.info("several workers: which trials the search has depends on who is faster, not on the seed alone")
    kind = f"distinct {many}" if problem.counts_distinct else "trials"
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
    _close(database, study_id, state, message)


def _give_up(database: Database, study_id: int, error: Exception, place: joint.Place | None) -> None:
    """End a run that failed, or, where others work on it and the error is this process's own, leave it to them.

    The search's own are those that every worker would meet: trial after trial fails, or the database takes nothing.
    """
    logger.debug("the run failed here", exc_info=None if isinstance(error, UserError) else error)
    said = refusal(error)
    reason = f"the study database: {said}" if said else _words(error).splitlines()[0]
    ends_all = isinstance(error, SearchFailedError) or (said is not None and not is_outage(error))
    if place is not None and not ends_all and place.leave():
        logger.warning("%s leaves: %s", place.who, reason)
        return
    _close(database, study_id, "failed", reason)
    logger.error("failed: %s", reason)


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _close(database: Database, study_id: int, state: runs.State, message: str) -> None:
    Reserve(database, study_id).give_back()
    runs.end(database, study_id, state, message)
    workers.dismiss(database, study_id)


class DatabaseLog(logging.Handler):
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
def logged_to(database: Database, study_id: int) -> Iterator[None]:
    """What the backend logs is a study's log too."""
    backend_logger = logging.getLogger("backend")
    handler = DatabaseLog(database, study_id)
    level = backend_logger.level
    backend_logger.addHandler(handler)
    backend_logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        backend_logger.removeHandler(handler)
        backend_logger.setLevel(level)


@contextmanager
def _pulse(
    database: Database, study_id: int, search: Search, place: joint.Place | None, recovery: Recovery | None
) -> Iterator[None]:
    """Shows signs of life, looks for a stop that was asked for, and for killed workers' trials, beside the search."""
    ended = threading.Event()

    def pulse() -> None:
        elapsed, steady = 0.0, False
        while not ended.wait(_STOP_POLL_SECONDS):
            elapsed += _STOP_POLL_SECONDS
            try:
                if runs.stop_requested(database, study_id):
                    search.stop("stopped on request")
                if elapsed < runs.HEARTBEAT_SECONDS:
                    continue
                elapsed = 0.0
                if place is None or recovery is None:
                    runs.beat(database, study_id)
                elif not place.beat():
                    search.stop("others took it for dead")
                elif steady:
                    recovery.settle_in_passing()
                # After an outage the others have to be given the time for a sign of life of theirs.
                steady = True
            except (SQLAlchemyError, StorageInternalError) as error:
                steady = False
                logger.debug("no heartbeat: %s", error)

    thread = threading.Thread(target=pulse, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
