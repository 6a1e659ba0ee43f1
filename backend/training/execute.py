"""Trains the queued architectures of a study in this process, and keeps their state, log and curves in step."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
import traceback
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from backend.config.model import SearchConfig
from backend.errors import UserError
from backend.runs.execute import INTERRUPTED, logged_to, stopping_on_signals
from backend.runs.search_loop import Outcome
from backend.scoring.runtime import resolve_device
from backend.settings import make_folder
from backend.spaces.base import Architecture
from backend.spaces.building import build_seeded
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.outages import ride_out
from backend.studies import trainings
from backend.studies.catalog import load_study, study_config
from backend.studies.folders import run_folder
from backend.studies.recipes import Epoch, Recipe
from backend.studies.trainings import Training
from backend.training.data import TrainingData, load_data
from backend.training.fit import TrainingFailedError, TrainingStoppedError, fit
from backend.training.own import OPTION, OwnTraining, own_training, task_of
from backend.user_code import in_a_line

logger = logging.getLogger(__name__)

FOLDER = "training"
"""Of checkpoints, within the folder of the study's run."""
_POLL_SECONDS = 1.0


@dataclass
class Done:
    """What came of a process's trainings.

    Attributes:
        trained: ids of those that finished.
        failed: ids of those that failed.
        interrupted: whether SIGINT or SIGTERM ended it.
    """

    trained: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    interrupted: bool = False


def train_queued(
    database: Database,
    name: str,
    *,
    device: str | None = None,
    give_back: bool = False,
    on_epoch: Callable[[Training, list[Epoch]], None] = lambda *_: None,
) -> Done:
    """Train the architectures of a study that wait for it, one after the other, until none does.

    SIGINT and SIGTERM stop it after the running mini-batch; the last checkpoint is kept. One that fails, fails alone.

    Args:
        database: where the study is.
        name: the study.
        device: instead of the study's.
        give_back: what a signal stops is queued again for other processes, and so are the others, which stop otherwise.
        on_epoch: called after each epoch with the training and all its epochs so far.

    Raises:
        UserError: no such study; this machine lacks its space, images or device, and then the trainings wait on.
    """
    study = load_study(database, name)
    study_id = study_id_of(study)
    config = study_config(study)
    if config is None:
        raise UserError(f"study: {name!r} was made elsewhere: it names no architectures that could be trained")
    own = own_training()
    functions = {"", own.code} if own else {""}
    done, interrupted = Done(), threading.Event()
    with logged_to(database, study_id), stopping_on_signals(interrupted.set):
        worker = _Worker(database, study_id, config, device or config.runner.device, own, interrupted, on_epoch)
        worker.folder = make_folder(run_folder(database, name) / FOLDER)
        while not interrupted.is_set():
            training = ride_out(lambda: trainings.claim(database, study_id, functions))
            if training is None:
                break
            worker.train(training, done, give_back=give_back)
        for missing in _missing_functions(database, study_id, functions):
            logger.warning("what is trained by %s waits for a process that names it by %s", missing, OPTION)
        done.interrupted = interrupted.is_set()
        if done.interrupted and not give_back:
            trainings.request_stop(database, study_id)
    return done


def _missing_functions(database: Database, study_id: int, functions: Container[str]) -> list[str]:
    """Training functions that this process has not, of trainings that wait."""
    waiting = (item for item in trainings.read_trainings(database, study_id) if item.state == "queued")
    return sorted({item.recipe.function for item in waiting if item.recipe and item.recipe.code not in functions})


def take_waiting(database: Database) -> Callable[[], Outcome | None]:
    """What a machine that lends itself does beside searches: trains architectures of any study that wait for it.

    What this machine cannot train (a space or images that it has not) is left to others, and not tried again.

    Returns:
        A function that trains those of one study; it returns None where there is nothing to do.
    """
    refused = set[int]()

    def take() -> Outcome | None:
        for study_id in ride_out(lambda: trainings.waiting(database)):
            if study_id in refused:
                continue
            try:
                name = database.storage.get_study_name_from_id(study_id)
                done = train_queued(database, name, give_back=True)
            except Exception as error:  # noqa: BLE001 - this machine goes on with others
                logger.warning("trainings of study %d are left to others: %s", study_id, error)
                refused.add(study_id)
                continue
            count = len(done.trained) + len(done.failed)
            if count or done.interrupted:
                return Outcome(count, INTERRUPTED if done.interrupted else "", done.interrupted)
        return None

    return take


class _Recorder:
    """Writes the curve of a training into the database, now and then: epochs may take milliseconds.

    Args:
        database: where the training is.
        training: that is done.
        on_epoch: called after each epoch.
    """

    def __init__(
        self, database: Database, training: Training, on_epoch: Callable[[Training, list[Epoch]], None]
    ) -> None:
        self._database, self._training, self._on_epoch = database, training, on_epoch
        self.curve: list[Epoch] = []
        self._written, self._at = 0, 0.0

    def record(self, curve: list[Epoch]) -> None:
        """Take all epochs so far."""
        self.curve = curve
        self._on_epoch(self._training, curve)
        if time.monotonic() - self._at >= _POLL_SECONDS:
            self._write()

    @contextmanager
    def flushed(self) -> Iterator[None]:
        """However it ends, all epochs are written."""
        try:
            yield
        finally:
            if len(self.curve) > self._written:
                self._write()

    def _write(self) -> None:
        ride_out(lambda: trainings.record_curve(self._database, self._training.id, self.curve))
        self._written, self._at = len(self.curve), time.monotonic()


class _Worker:
    """Trains claimed architectures of one study.

    Args:
        database: where it is.
        study_id: of the study.
        config: its configuration.
        device: where to train.
        own: the user's training function, if there is one.
        interrupted: set by a signal.
        on_epoch: called after each epoch.
    """

    folder: Path

    def __init__(
        self,
        database: Database,
        study_id: int,
        config: SearchConfig,
        device: str,
        own: OwnTraining | None,
        interrupted: threading.Event,
        on_epoch: Callable[[Training, list[Epoch]], None],
    ) -> None:
        self._database, self._study_id, self._space = database, study_id, config.space
        self._device, self._own, self._interrupted, self._on_epoch = resolve_device(device), own, interrupted, on_epoch
        self._data: dict[tuple[str, str, int | None], TrainingData] = {}

    def train(self, training: Training, done: Done, *, give_back: bool) -> None:
        """Train one, and record what came of it.

        Raises:
            UserError: this machine has no such images; the training waits on.
        """
        assert training.recipe is not None
        who = f"{self._space.words.one} {training.architecture}, seed {training.seed}"
        try:
            data = self._load(training.recipe)
        except UserError:
            trainings.end(self._database, training.id, "queued", "")
            raise
        stop = threading.Event()
        trainings.describe(self._database, training.id, device=str(self._device), split=data.description)
        logger.info("training %s: %s, on %s", who, training.recipe.words, self._device)
        begun = time.perf_counter()
        try:
            with self._pulse(training.id, stop):
                value, seconds = self._measure(training, training.recipe, data, stop)
        except TrainingStoppedError:
            # The curve is stored up to the last checkpoint.
            if self._interrupted.is_set() and give_back:
                trainings.end(self._database, training.id, "queued", "")
            else:
                how = "interrupted" if self._interrupted.is_set() else "stopped on request"
                trainings.end(self._database, training.id, "stopped", how)
            logger.warning("training %s: stopped", who)
        except Exception as error:  # noqa: BLE001 - a user's network or function may fail in any way; the others go on
            _log_traceback(error)
            said = str(error) if isinstance(error, UserError) else in_a_line(error)
            trainings.end(self._database, training.id, "failed", said)
            logger.error("training %s failed: %s", who, said)
            done.failed.append(training.id)
        else:
            ride_out(lambda: trainings.finish(self._database, training.id, value, seconds))
            done.trained.append(training.id)
            logger.info(
                "training %s: %.4g after %d epochs, %.1f s", who, value, training.epochs, time.perf_counter() - begun
            )

    def _load(self, recipe: Recipe) -> TrainingData:
        key = recipe.dataset, recipe.images, self._space.image_size
        if key not in self._data:
            self._data = {key: load_data(*key)}
        return self._data[key]

    def _measure(
        self, training: Training, recipe: Recipe, data: TrainingData, stop: threading.Event
    ) -> tuple[float, float]:
        """Accuracy, and seconds of all its processes."""
        architecture, checkpoint = self._space.parse(training.architecture), self._checkpoint(training)
        if architecture.invalid:
            raise TrainingFailedError(f"it cannot be built: {architecture.invalid}")
        if recipe.code:
            return self._measure_own(training, architecture, data, checkpoint, stop)
        network = build_seeded(self._space, architecture, data.train, training.seed)
        recorder = _Recorder(self._database, training, self._on_epoch)
        with recorder.flushed():
            value = fit(
                network,
                data,
                recipe,
                training.seed,
                device=self._device,
                checkpoint=checkpoint,
                on_epoch=recorder.record,
                should_stop=lambda: stop.is_set() or self._interrupted.is_set(),
            )
        seconds = sum(epoch.seconds for epoch in recorder.curve) if recorder.curve else training.seconds
        return value, seconds

    def _measure_own(
        self,
        training: Training,
        architecture: Architecture,
        data: TrainingData,
        checkpoint: Path,
        stop: threading.Event,
    ) -> tuple[float, float]:
        assert self._own is not None
        recorder = _Recorder(self._database, training, self._on_epoch)
        begun = before = time.perf_counter()

        def epoch_done(epoch: Epoch) -> None:
            nonlocal before
            now = time.perf_counter()
            if len(recorder.curve) < training.epochs:
                recorder.record([*recorder.curve, epoch._replace(seconds=now - before)])
            before = now

        task = task_of(
            data,
            space=self._space,
            epochs=training.epochs,
            seed=training.seed,
            device=self._device,
            checkpoint=checkpoint,
            on_epoch=epoch_done,
            should_stop=lambda: stop.is_set() or self._interrupted.is_set(),
        )
        with recorder.flushed():
            value = self._own.measure(architecture, task)
        return value, time.perf_counter() - begun

    def _checkpoint(self, training: Training) -> Path:
        """The file of a training's checkpoint, which no other training has."""
        key = f"{training.digest} {training.seed} {training.architecture}"
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.pt"

    @contextmanager
    def _pulse(self, training_id: int, stop: threading.Event) -> Iterator[None]:
        """Shows signs of life, and looks for a stop that was asked for, beside the training."""
        ended = threading.Event()

        def pulse() -> None:
            while not ended.wait(_POLL_SECONDS):
                try:
                    if not trainings.beat(self._database, training_id):
                        stop.set()
                except SQLAlchemyError as error:
                    logger.debug("no heartbeat: %s", error)

        thread = threading.Thread(target=pulse, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _log_traceback(error: Exception) -> None:
    """Write where it failed into the log: of an error that wraps another, where that one did."""
    cause = error.__cause__ or (None if isinstance(error, UserError) else error)
    if cause is not None:
        logger.error("%s", "".join(traceback.format_exception(cause)).rstrip())
