"""A run in the foreground: its progress, and what it found."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from backend.cli.terminal import console, log_handler, progress_bar
from backend.errors import UserError
from backend.runs import execute as execution
from backend.spaces.capabilities import HasTruth, lacks, truth_field
from backend.storage.database import Database
from backend.studies import (
    best_table,
    best_trials,
    best_values,
    load_study,
    run_folder,
    study_config,
    trials_frame,
)
from backend.truth.fields import EPOCHS


def execute(database: Database, name: str) -> None:
    """Execute a queued run and print its results."""
    with progress_bar() as progress, _run_messages():
        task = progress.add_task("trials", total=None)
        execution.execute_run(database, name, lambda done, asked: progress.update(task, completed=done, total=asked))
    print_results(database, name)
    console.print(f"results: {run_folder(database, name)}", soft_wrap=True)


@contextmanager
def _run_messages() -> Iterator[None]:
    """Show what a run says of itself, above its progress: all but the line that each trial has in the log."""
    handler = log_handler()
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == execution.__name__)
    logger = logging.getLogger("backend")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def print_results(database: Database, name: str) -> None:
    """Print a study's best trials, the architectures to train and the ensemble's weights, or why it has none."""
    # scikit-learn takes longer to load than a search to begin.
    from backend.cli import report  # noqa: PLC0415
    from backend.cli.beyond import print_plan  # noqa: PLC0415
    from backend.search import results  # noqa: PLC0415

    study = load_study(database, name)
    try:
        config = study_config(study)
    except UserError as error:
        report.print_best(console, best_table(best_trials(study), EPOCHS[-1]), EPOCHS[-1], None)
        console.print(
            str(error),
            style="yellow",
        )
        return
    if config is None:
        report.print_best_values(console, best_values(best_trials(study), study))
        console.print("external study: no proxies, truth or weights are recorded in it")
        return
    epochs = config.runner.nasbench_epochs
    report.print_best(console, best_table(best_trials(study), epochs), epochs, config.space)
    frame = trials_frame(study)
    listed = results.study_recommendation(frame, config)
    if len(listed):
        title = "Recommended without labels: train these, the first of them first"
        print_plan(console, listed, title, config.space, truth_field(config.space, config.trained_on))
        console.print(results.recommendation_rule(frame, config))
    if lacks(config.space, HasTruth):
        return
    try:
        report.print_weights(console, results.study_ensemble(frame, config))
    except UserError as error:
        console.print(str(error), style="yellow")
