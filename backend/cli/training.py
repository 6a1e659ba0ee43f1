"""Commands that train the architectures of a study, and show what was measured."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from backend.cli.options import (
    DataModuleOption,
    JsonOption,
    SpaceModuleOption,
    StorageOption,
    StudyArgument,
    load_own_code,
)
from backend.cli.terminal import Terminal, console, progress_bar
from backend.cli.values import number, print_json
from backend.errors import SearchFailedError, UserError
from backend.storage.database import Database, open_existing
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import load_study
from backend.studies import trainings as records
from backend.studies.recipes import MOST_EPOCHS, Epoch
from backend.studies.trainings import Training
from backend.training import launch
from backend.training.execute import train_queued
from backend.training.own import OPTION, own_training

_INTERRUPTED = 130


def train(
    study: StudyArgument,
    top: Annotated[int, typer.Option(min=1, help="How many of the recommended architectures.")] = 5,
    epochs: Annotated[int, typer.Option(min=1, max=MOST_EPOCHS, help="Passes over the images.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights, order and augmentation.")] = 0,
    batch_size: Annotated[int | None, typer.Option(min=2, help="Images of a mini-batch.", show_default="64")] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="At the beginning; it falls to 0.", show_default="0.05")
    ] = None,
    images: Annotated[
        str | None,
        typer.Option(help="bundled, or the folder of your own data.", show_default="those that the study scores"),
    ] = None,
    augment: Annotated[bool, typer.Option(help="Shift images at random, and mirror coloured ones.")] = True,
    recipe: Annotated[
        str | None,
        typer.Option(
            OPTION,
            metavar="FILE.py:NAME",
            help="Training function of your own, train(architecture, task) -> metric.",
            envvar="PROXYSCOPE_TRAIN",
        ),
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.", show_default="the study's")] = None,
    background: Annotated[
        bool, typer.Option("--background", help="Queue them on this machine, and return at once.")
    ] = False,
    storage: StorageOption = None,
    space_module: SpaceModuleOption = None,
    data_module: DataModuleOption = None,
) -> None:
    """Train the recommended architectures of a study, and measure their accuracy.

    It is measured on held-out images. Stopped or failed ones go on from their last checkpoint; finished ones stay as
    they are.
    """
    load_own_code(None, space_module, data_module)
    own_training(recipe)
    database = open_existing(storage)
    request = launch.Request(top, epochs, seed, batch_size, learning_rate, images, augment)
    if background:
        ids = launch.launch(database, study, request)
        console.print(f"{study}: {len(ids)} to train, queued on this machine", soft_wrap=True)
        return
    ids = launch.queue_trainings(database, study, request)
    interrupted = _train_here(database, study, device)
    chosen = [item for item in _read(database, study) if item.id in ids]
    _print(console, chosen)
    if interrupted:
        raise typer.Exit(_INTERRUPTED)
    if not any(item.state == "finished" for item in chosen):
        reason = next((item.message for item in chosen if item.message), "all were stopped")
        raise SearchFailedError(f"training: none of {len(chosen)} finished: {reason}")


def trainings(study: StudyArgument, storage: StorageOption = None, as_json: JsonOption = False) -> None:
    """Show which architectures of a study are trained here, and what was measured."""
    found = _read(open_existing(storage), study)
    if as_json:
        print_json([training_record(item) for item in found])
        return
    if not found:
        raise UserError(f"training: no architecture of {study!r} was trained here yet; see `train --help`")
    _print(console, found)


def training_record(training: Training) -> dict[str, Any]:
    """A training as JSON types."""
    recipe = training.recipe
    return {
        "architecture": training.architecture,
        "state": training.state,
        "message": training.message,
        "accuracy": training.value,
        "epochs": training.epochs,
        "epochs_done": training.done,
        "seed": training.seed,
        "seconds": training.seconds,
        "device": training.device,
        "split": training.split,
        "recipe": recipe.model_dump() if recipe else None,
        "curve": [epoch._asdict() for epoch in training.curve],
    }


def _train_here(database: Database, study: str, device: str | None) -> bool:
    """Train what waits, with a bar an architecture; whether a signal ended it."""
    with progress_bar() as progress:
        tasks: dict[int, Any] = {}

        def epoch_done(training: Training, epochs: list[Epoch]) -> None:
            if training.id not in tasks:
                tasks[training.id] = progress.add_task(training.architecture, total=training.epochs)
            progress.update(tasks[training.id], completed=len(epochs))

        done = train_queued(database, study, device=device, on_epoch=epoch_done)
    return done.interrupted


def _read(database: Database, study: str) -> list[Training]:
    return records.read_trainings(database, study_id_of(load_study(database, study)))


def _print(terminal: Terminal, found: list[Training]) -> None:
    table = Table(title="Trained here")
    for heading in ("architecture", "state", "epochs", "seed", "accuracy", "seconds"):
        table.add_column(heading, overflow="fold")
    for item in found:
        value = number(item.value) if item.value is not None else "–"
        epochs = f"{item.done} of {item.epochs}"
        table.add_row(item.architecture, item.state, epochs, str(item.seed), value, f"{item.seconds:.1f}")
    terminal.print(table)
    for item in found:
        if item.message:
            terminal.print(f"{item.architecture}: {item.message}", soft_wrap=True)
    for measured in records.measured(found):
        terminal.print(measured.words, soft_wrap=True)
