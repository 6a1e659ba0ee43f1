"""Queues searches on this machine, and starts them in their order, so many at once."""

import logging
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import optuna

from backend.config.model import SearchConfig
from backend.errors import StorageError, UserError
from backend.runs import launch, queue
from backend.settings import home, make_folder
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies.catalog import check_free_name, load_study

logger = logging.getLogger(__name__)

QUEUE_LOG = "queue.log"
MOST_SEARCHES = 100
_POLL_SECONDS = 1.0
_SEEDS = re.compile(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?")


def parse_seeds(text: str) -> list[int]:
    """Seeds from words such as ``0-9`` or ``0, 3, 7-9``, each once, in their order.

    Raises:
        UserError: it is no list of seeds, or of too many.
    """
    seeds: list[int] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _SEEDS.fullmatch(part)
        if match is None:
            raise UserError(f"seeds: {part!r} is no seed; give whole numbers and ranges, such as 0-9 or 0, 3, 7")
        begin, end = int(match[1]), int(match[2] or match[1])
        if end < begin or (end - begin) >= MOST_SEARCHES:
            raise UserError(f"seeds: {part!r} is no range of 1 to {MOST_SEARCHES} seeds")
        seeds += range(begin, end + 1)
    seeds = list(dict.fromkeys(seeds))
    if len(seeds) > MOST_SEARCHES:
        raise UserError(f"seeds: {len(seeds)} searches are too many at once; give at most {MOST_SEARCHES} seeds")
    return seeds


def with_seeds(config: SearchConfig, stem: str, seeds: Sequence[int]) -> dict[str, SearchConfig]:
    """One search a seed, by the name of its study: "STEM seed N"."""
    return {f"{stem} seed {seed}": config.with_seed(seed) for seed in seeds}


def enqueue(database: Database, searches: Mapping[str, SearchConfig], at_once: int) -> None:
    """Make a queued study of each search, and see that this machine starts them in turn.

    Args:
        database: where the studies are made.
        searches: by the name of the study.
        at_once: how many runs this machine keeps going at once, those launched before included.

    Raises:
        UserError: something is wrong with one of them; then none was made.
    """
    if not 1 <= at_once <= queue.MOST_PARALLEL:
        raise UserError(f"searches at once: {at_once} is not valid; give 1 to {queue.MOST_PARALLEL}")
    for name, config in searches.items():
        check_free_name(database, name)
        launch.check(database, config)
    queue.set_parallel(database, at_once)
    for name, config in searches.items():
        launch.prepare(database, config, name)
        queue.add(database, study_id_of(load_study(database, name)))
    start_worker(database)


def resume(database: Database, names: Sequence[str]) -> None:
    """Put ended searches that have trials left into this machine's queue.

    Raises:
        UserError: one of them cannot go on; those before it wait in the queue.
    """
    try:
        for name in names:
            launch.requeue(database, name)
            queue.add(database, study_id_of(load_study(database, name)))
    finally:
        start_worker(database)


def start_worker(database: Database) -> None:
    """Start this machine's worker where runs wait and none is there; it outlives this process.

    Raises:
        StorageError: it cannot be started.
    """
    if not queue.all_waiting(database) or queue.worker_alive(database):
        return
    try:
        with (make_folder(home()) / QUEUE_LOG).open("ab") as log:
            subprocess.Popen(
                [sys.executable, "-m", "backend", "queue"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=launch.process_environment(database),
                start_new_session=True,
            )
    except OSError as error:
        raise StorageError(f"queue: its process could not be started: {error}") from None


def work(database: Database) -> None:
    """Be this machine's worker until nothing waits; return at once where another is."""
    while queue.all_waiting(database) and queue.claim_worker(database):
        logger.info("queue: process %d", os.getpid())
        try:
            while waiting := queue.all_waiting(database):
                if queue.in_work(database) < queue.parallel(database):
                    _start(database, waiting[0])
                else:
                    time.sleep(_POLL_SECONDS)
        finally:
            queue.release_worker(database)
        # What was added between the last look and the release has found a worker, and started none.


def _start(database: Database, next_one: queue.Waiting) -> None:
    if not queue.leave(database, *next_one):
        return
    try:
        name = database.storage.get_study_name_from_id(next_one.study_id)
        if next_one.kind == "training":
            logger.info("queue: training architectures of %s", name)
            launch.start_training_process(database, name)
        else:
            logger.info("queue: starting %s", name)
            launch.start_process(database, name)
    except KeyError:
        logger.info("queue: a study was deleted before its turn")
    except (StorageError, optuna.exceptions.OptunaError) as error:
        logger.warning("queue: %s", error)
