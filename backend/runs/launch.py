"""Launches a search as a process of its own, stops and resumes it, and checks beforehand what it needs."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import torch

from backend.config.model import SearchConfig
from backend.config.validation import shown_key
from backend.datasets.batch import available_images, load_batch, resized
from backend.datasets.info import is_own
from backend.errors import ConfigError, StorageError, UserError
from backend.runs import queue
from backend.scoring import resolve_device
from backend.scoring.checks import check_proxies
from backend.scoring.scorer import check_space
from backend.search.ensembles import described, find_ensembles, listing_proxies
from backend.search.problem import SearchProblem, configured_table
from backend.settings import make_folder
from backend.spaces import registry
from backend.spaces.building import SpaceFailedError
from backend.spaces.narrowing import problems_of
from backend.spaces.task import Task
from backend.storage import audit
from backend.storage.database import STORAGE_VARIABLE, Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.orphans import clear_trials
from backend.studies import runs, trainings
from backend.studies.catalog import (
    check_free_name,
    check_name,
    free_name,
    load_study,
    load_to_change,
    store_config,
    study_config,
)
from backend.studies.folders import run_folder, runs_folder
from backend.studies.identity import IDENTITY, new_identity
from backend.studies.summaries import KEPT
from backend.user_code import is_named

PROCESS_LOG = "process.log"
MAX_IMAGES = 8192
"""Images of one mini-batch: memory grows with them, and 512 of CIFAR take some 4 GB."""
_ROOT = Path(__file__).parents[2]
_RUNNER_KEY = "search.strategy.sw_runner.zero_cost"
_OF_IMAGES = "images: "
"""Before what is wrong with the images of a mini-batch."""


def example_config_path() -> Path:
    """The example for this machine: the mission's where a GPU is, else the quick start."""
    name = "search_zero_cost.toml" if torch.cuda.is_available() else "quickstart.toml"
    return _ROOT / "configs" / name


def check(database: Database, config: SearchConfig, *, reads_images: bool = True) -> None:
    """Check that a new search has what it needs: something to score, saved ensembles, and what this machine has.

    Args:
        database: where ensembles are kept.
        config: what is to be searched.
        reads_images: whether to look for the images, and try proxies on a user's own. A form that is filled with what
            another has written does not, until it is launched.

    Raises:
        ConfigError: a constraint that nothing keeps, or no such ensemble, device, images or table of scores; the
            message names the key and what is there.
    """
    found = listing_proxies(config, find_ensembles(database, config))
    _check(SearchProblem(found, reads_images=reads_images), reads_images=reads_images)


def _check(problem: SearchProblem, *, reads_images: bool = True) -> None:
    section = problem.config.search_space
    if problems := [
        (f"search.search_space.parameters.{shown_key(name)}", said)
        for name, said in problems_of(registry.get(section.name), section.narrowings)
    ]:
        # A network of the space cannot be drawn before.
        raise ConfigError(problems)
    if problems := [*problem.unreachable(), *_score_problems(problem.config, reads_images=reads_images)]:
        raise ConfigError(problems)


def _score_problems(config: SearchConfig, *, reads_images: bool) -> list[tuple[str, str]]:
    """What keeps scores from being computed, or from being taken from the table that is named."""
    problems = []
    try:
        if configured_table(config) is not None:
            return []
    except UserError as error:
        return [(f"{_RUNNER_KEY}.scores", str(error))]
    try:
        resolve_device(config.runner.device)
    except ValueError as error:
        problems.append((f"{_RUNNER_KEY}.device", str(error)))
    if not reads_images:
        return problems if is_own(config.runner.images) else [*problems, *_network_problems(config, "random")]
    try:
        there = available_images(config.dataset, config.runner.images, config.split)
    except ValueError as error:
        problems.append((f"{_RUNNER_KEY}.images", str(error)))
        if not is_own(config.runner.images):
            problems += _network_problems(config, "random")
    else:
        problems += _network_problems(config, config.runner.images if is_own(config.runner.images) else "random")
        if config.runner.num_samples > there:
            said = f"{config.runner.num_samples} is more than the {there} images there are; give at most {there}"
            problems.append((f"{_RUNNER_KEY}.num_samples", said))
        elif config.runner.num_samples > MAX_IMAGES:
            said = (
                f"{config.runner.num_samples} images are more than one mini-batch can hold; give at most {MAX_IMAGES}"
            )
            problems.append((f"{_RUNNER_KEY}.num_samples", said))
    return problems


def _network_problems(config: SearchConfig, images: str) -> list[tuple[str, str]]:
    """What keeps proxies from being computed of networks of the space, as one that is drawn says."""
    try:
        chosen = check_proxies(config.proxy_names)
        count = max([2, *(proxy.min_images for proxy in chosen)])
        if is_own(images):
            # A function is asked for as many as the search will ask it for.
            there = config.runner.num_samples if is_named(images) else count
            count = min(there, config.runner.num_samples, available_images(config.dataset, images, config.split))
        batch = load_batch(config.dataset, count, config.setup.seed, images, config.split)
    except UserError as error:
        return [(f"{_RUNNER_KEY}.images", str(error))]
    try:
        check_space(config.space, chosen, Task.of_batch(resized(batch, config.space.image_size)))
    except SpaceFailedError as error:
        return [("search.search_space.name", str(error))]
    except UserError as error:
        said = str(error)
        if said.startswith(_OF_IMAGES):
            return [(f"{_RUNNER_KEY}.images", said.removeprefix(_OF_IMAGES))]
        return [(f"{_RUNNER_KEY}.metrics", said.removeprefix("proxies: "))]
    return []


def prepare(database: Database, config: SearchConfig, name: str | None = None) -> str:
    """Check all that can be checked, then make the queued study and its folder; returns the study's name.

    Raises:
        UserError: something is wrong; then nothing was made.
    """
    ensembles = find_ensembles(database, config)
    problem = SearchProblem(listing_proxies(config, ensembles))
    _check(problem)
    if name is not None:
        check_name(name)
    database.check_writable()
    make_folder(runs_folder(database))
    name = create_study(database, problem, name, kept={KEPT: described(ensembles)} if ensembles else None)
    (run_folder(database, name) / "config.toml").write_text(problem.config.to_toml(), encoding="utf-8")
    audit.record(database, "launch", name)
    return name


def create_study(
    database: Database,
    problem: SearchProblem,
    name: str | None = None,
    kept: Mapping[str, Any] | None = None,
) -> str:
    """Make a study with its configuration, queued; returns its name.

    Args:
        database: where it is kept.
        problem: what is searched.
        name: up to 100 characters that can be seen; None makes one from data set, sampler and time.
        kept: JSON values by system attribute that the run needs beside its configuration.

    Raises:
        UserError: the name is malformed or taken, or the space holds nothing that can be scored.
    """
    name = name or free_name(database, problem.config)
    check_free_name(database, name)
    if problem.asked == 0:
        raise UserError(problem.space.empty)
    objectives = problem.objectives
    database.prepare()
    try:
        study = optuna.create_study(storage=database.storage, study_name=name, directions=objectives.directions)
    except optuna.exceptions.DuplicatedStudyError:
        raise UserError(f"study: the name {name!r} is taken; give another") from None
    with database.begin() as connection:
        # SQLite gives the number of a deleted study again, also where a process wrote trials of that one since.
        clear_trials(connection, study_id_of(study))
    study.set_metric_names(objectives.names)
    store_config(study, problem.config)
    for key, value in {IDENTITY: new_identity(), **(kept or {})}.items():
        database.storage.set_study_system_attr(study_id_of(study), key, value)
    runs.create_run(database, study_id_of(study), problem.asked)
    return name


def launch(database: Database, config: SearchConfig, name: str | None = None) -> str:
    """Make a study and start its search in a process that outlives this one; returns the study's name.

    Raises:
        UserError: something is wrong; then nothing was made.
    """
    name = prepare(database, config, name)
    start_process(database, name)
    return name


def stop(database: Database, name: str) -> str:
    """Ask a study's run to stop after the running trial; one that has not begun is stopped at once.

    Returns:
        How its run stands now, in words.

    Raises:
        UserError: no such study, or it has no active run.
    """
    study_id = study_id_of(load_study(database, name))
    asked = runs.request_stop(database, study_id)
    run = runs.read_run(database, study_id)
    if not asked:
        raise UserError(f"study: {name!r} has no run to stop; it is {run.state if run else 'not a search'}")
    audit.record(database, "stop", name)
    if run is None or run.state == "stopping":
        return "stopping after the running trial"
    return f"{run.state}: {run.message}" if run.message else run.state


def requeue(database: Database, name: str, trials: int | None = None) -> None:
    """Queue an ended run again.

    Args:
        database: where the study is.
        name: the study.
        trials: a new total of trials; None keeps the configured one.

    Raises:
        UserError: no such study, its run is active, or there is nothing left to do.
    """
    study = load_study(database, name)
    config, run = study_config(study), runs.read_run(database, study_id_of(study))
    if config is None or run is None:
        raise UserError(f"study: {name!r} was not made by ProxyScope, so there is no search to resume")
    if trials is not None:
        config = config.with_trials(trials)
    problem = SearchProblem(config)
    _check(problem)
    asked = problem.asked
    if not run.active and run.done >= asked:
        raise UserError(f"study: all {run.done} trials of {name!r} are done; ask for more to go on")
    if not runs.requeue(database, study_id_of(study), asked):
        raise UserError(f"study: {name!r} is {run.state}; stop it before you resume it")
    store_config(load_to_change(database, name), config)
    audit.record(database, "resume", name, f"{asked} trials")


def resume(database: Database, name: str, trials: int | None = None) -> None:
    """Go on with an ended run in a process of its own; as :func:`requeue`."""
    requeue(database, name, trials)
    queue.leave(database, study_id_of(load_study(database, name)))
    start_process(database, name)


def start_process(database: Database, name: str) -> None:
    """Start ``python -m backend run`` detached; its URL travels in the environment, where no process list shows it."""
    study_id = study_id_of(load_study(database, name))
    try:
        pid = _start_detached(database, name)
    except StorageError as error:
        runs.end(database, study_id, "failed", f"its process could not be started: {error}")
        raise
    runs.note_process(database, study_id, pid)


def start_training_process(database: Database, name: str) -> None:
    """Start ``python -m backend run --trainings`` detached, which trains the architectures of a study that wait for it.

    Raises:
        StorageError: it cannot be started.
    """
    pid = _start_detached(database, name, "--trainings")
    trainings.note_process(database, study_id_of(load_study(database, name)), pid)


def _start_detached(database: Database, name: str, *options: str) -> int:
    try:
        with (run_folder(database, name) / PROCESS_LOG).open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "backend", "run", *options, "--", name],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=process_environment(database),
                start_new_session=True,
            )
    except OSError as error:
        raise StorageError(f"study: the process of {name!r} could not be started: {error}") from None
    return process.pid


def process_environment(database: Database) -> dict[str, str]:
    """The environment of a process that works on a database: this one's, with the URL and the path to the packages.

    Raises:
        StorageError: the database was opened to be read alone, so that nothing may be started on it.
    """
    database.check_writable()
    path = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, STORAGE_VARIABLE: database.url, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}
