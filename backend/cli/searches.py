"""Commands that search."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from backend.cli.foreground import execute
from backend.cli.options import (
    DataModuleOption,
    ModuleOption,
    SpaceModuleOption,
    StorageOption,
    StudyArgument,
    given_path,
    load_own_code,
)
from backend.cli.terminal import console, log_to_errors
from backend.config.model import SearchConfig
from backend.runs import execute as execution
from backend.runs import launch, queueing
from backend.runs import worker as joining
from backend.storage.database import open_database, open_existing
from backend.training import execute as training


def search(
    config: Annotated[
        Path | None,
        typer.Option(
            parser=given_path, metavar="FILE", help="Search file (TOML); without it, the example for this machine."
        ),
    ] = None,
    storage: StorageOption = None,
    study: Annotated[str | None, typer.Option(help="Name of the new study; without it, one is made.")] = None,
    trials: Annotated[int | None, typer.Option(help="Number of trials, instead of the file's n_trials.")] = None,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
    data_module: DataModuleOption = None,
) -> None:
    """Run a search; print best trials and ensemble weights."""
    load_own_code(proxy_module, space_module, data_module)
    path = config or launch.example_config_path()
    settings = SearchConfig.from_file(path)
    if trials is not None:
        settings = settings.with_trials(trials)
    database = open_database(storage)
    name = launch.prepare(database, settings, study)
    console.print(f"{path.name}: study {name} in {database}", soft_wrap=True)
    execute(database, name)


def run(
    study: StudyArgument,
    storage: StorageOption = None,
    trainings: Annotated[
        bool, typer.Option("--trainings", help="Train the architectures that wait for it instead.")
    ] = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
    data_module: DataModuleOption = None,
) -> None:
    """Execute a queued study in this process.

    The dashboard starts this for each search.
    """
    load_own_code(proxy_module, space_module, data_module)
    log_to_errors()
    database = open_existing(storage)
    if trainings:
        training.train_queued(database, study)
    else:
        execution.execute_run(database, study)


def queue(
    storage: StorageOption = None,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
    data_module: DataModuleOption = None,
) -> None:
    """Start the searches that wait in this machine's queue, one after the other.

    The dashboard starts this where searches are queued; it ends when none waits.
    """
    load_own_code(proxy_module, space_module, data_module)
    log_to_errors()
    queueing.work(open_database(storage))


def worker(
    storage: StorageOption = None,
    once: Annotated[bool, typer.Option("--once", help="End when there is nothing to do.")] = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
    data_module: DataModuleOption = None,
) -> None:
    """Take queued searches and trainings, and join running searches that have room, until stopped.

    Start it on any machine that reaches the database, as often as you like. A search asks for workers with n_workers.
    """
    load_own_code(proxy_module, space_module, data_module)
    log_to_errors()
    database = open_database(storage)
    logging.getLogger(__name__).info("waiting for searches in %s; stop with Ctrl-C", database)
    joining.work(database, once=once, beside=training.take_waiting(database))
