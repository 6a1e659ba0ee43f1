"""The command line: ``python -m backend COMMAND``.

Exit status: 0 done, 2 bad input (one line on standard error), 1 anything else.
"""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.highlighter import NullHighlighter
from rich.logging import RichHandler
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from backend import benchmark, proxies, report
from backend.cells import Cell
from backend.errors import UserError
from backend.scoring import DisconnectedCellError, Scorer
from backend.search import execution, launch, results
from backend.search.config import SearchConfig
from backend.studies import (
    best_table,
    best_trials,
    delete_study,
    list_studies,
    load_study,
    open_database,
    run_folder,
    study_config,
    trials_frame,
)
from backend.studies.database import Database
from backend.studies.trials import json_numbers
from backend.user_proxies import load_user_proxies

app = typer.Typer(
    help="Zero-cost neural architecture search on NAS-Bench-201.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
studies_app = typer.Typer(help="List, show, stop, resume and delete studies.", no_args_is_help=True)
app.add_typer(studies_app, name="studies")

StorageOption = Annotated[
    str | None,
    typer.Option(
        "--storage",
        help="SQLAlchemy URL of the study database.",
        envvar="PROXYSCOPE_STORAGE",
        show_default="storage/studies.db",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ModuleOption = Annotated[
    list[Path] | None,
    typer.Option("--proxy-module", help="Python file that registers proxies of your own; repeatable."),
]
StudyArgument = Annotated[str, typer.Argument(metavar="STUDY", help="Name of the study.")]

# A file or pipe has no width of its own: the tables' headings need this much.
console = Console(width=None if sys.stdout.isatty() else 120)


@app.command()
def search(
    config: Annotated[
        Path | None, typer.Option(help="Search file (TOML); without it, the example for this machine.")
    ] = None,
    storage: StorageOption = None,
    study: Annotated[str | None, typer.Option(help="Name of the new study; without it, one is made.")] = None,
    trials: Annotated[int | None, typer.Option(help="Number of trials, instead of the file's n_trials.")] = None,
    proxy_module: ModuleOption = None,
) -> None:
    """Run a search to its end and print the best trials and the ensemble's weights."""
    load_user_proxies(proxy_module or [])
    path = config or launch.example_config_path()
    settings = SearchConfig.from_file(path)
    if trials is not None:
        settings = settings.with_trials(trials)
    database = open_database(storage)
    name = launch.prepare(database, settings, study)
    console.print(f"{path.name}: study [bold]{name}[/bold] in {database}", highlight=False)
    _execute(database, name)


@app.command()
def run(study: StudyArgument, storage: StorageOption = None, proxy_module: ModuleOption = None) -> None:
    """Execute a queued study in this process; what the dashboard starts for each search."""
    load_user_proxies(proxy_module or [])
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    execution.execute_run(open_database(storage), study)


@app.command()
def score(
    archs: Annotated[list[str], typer.Argument(metavar="ARCH…", help="Architecture strings or official indices.")],
    dataset: Annotated[str, typer.Option(help="cifar10, cifar10-valid, cifar100 or ImageNet16-120.")] = "cifar10",
    proxies_: Annotated[str, typer.Option("--proxies", help="Comma-separated names, or all.")] = "all",
    batch_size: Annotated[int, typer.Option(min=2, help="Images in the mini-batch.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and images.")] = 0,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    images: Annotated[str, typer.Option(help="bundled, random, or the folder of your own data.")] = "bundled",
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
) -> None:
    """Score architectures with zero-cost proxies."""
    load_user_proxies(proxy_module or [])
    cells = [parse_cell(arch) for arch in archs]
    names = proxies.available() if proxies_ == "all" else tuple(name.strip() for name in proxies_.split(","))
    scorer = Scorer(dataset, names, batch_size=batch_size, seed=seed, device=device, image_source=images)
    rows = [{"arch": str(cell), "index": cell.index, "scores": _scores(scorer, cell)} for cell in cells]
    if as_json:
        report.print_json(rows)
    else:
        console.print(scorer.batch.description, highlight=False)
        report.print_scores(console, names, rows)


@app.command()
def truth(
    arch: Annotated[str, typer.Argument(metavar="ARCH|INDEX", help="Architecture string or official index.")],
    dataset: Annotated[str, typer.Option(help="cifar10, cifar10-valid, cifar100 or ImageNet16-120.")] = "cifar10",
    epochs: Annotated[int, typer.Option(help="12 or 200.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Show what NAS-Bench-201 measured of an architecture when it was trained."""
    cell = parse_cell(arch)
    fields = benchmark.query(cell, dataset, epochs)
    if as_json:
        report.print_json({"arch": str(cell), "index": cell.index, "dataset": dataset, "epochs": epochs, **fields})
    else:
        console.print(f"cell {cell.index}  {cell}", highlight=False)
        report.print_metrics(console, f"{dataset}, {epochs} epochs", fields)


@studies_app.command("list")
def list_command(storage: StorageOption = None, as_json: JsonOption = False) -> None:
    """List the studies of the database, the newest first."""
    summaries = list_studies(open_database(storage))
    if as_json:
        report.print_json([report.study_record(item) for item in summaries])
    else:
        report.print_studies(console, summaries)


@studies_app.command()
def show(study: StudyArgument, storage: StorageOption = None, as_json: JsonOption = False) -> None:
    """Show a study's state, best trials and ensemble weights."""
    database = open_database(storage)
    loaded = load_study(database, study)
    summary = next(item for item in list_studies(database) if item.name == study)
    epochs = summary.config.runner.nasbench_epochs if summary.config else 200
    best = best_table(best_trials(loaded), epochs)
    if as_json:
        report.print_json({**report.study_record(summary), "best_trials": best.to_dict("records")})
        return
    report.print_studies(console, [summary])
    _print_results(database, study)


@studies_app.command()
def stop(study: StudyArgument, storage: StorageOption = None) -> None:
    """Stop a study's run after the trial in work."""
    launch.stop(open_database(storage), study)
    console.print(f"{study}: stopping after the trial in work", highlight=False)


@studies_app.command()
def resume(
    study: StudyArgument,
    storage: StorageOption = None,
    trials: Annotated[int | None, typer.Option(help="A new total of trials.")] = None,
    proxy_module: ModuleOption = None,
) -> None:
    """Go on with a stopped, failed or finished study, here in the foreground."""
    load_user_proxies(proxy_module or [])
    database = open_database(storage)
    launch.requeue(database, study, trials)
    _execute(database, study)


@studies_app.command()
def delete(
    study: StudyArgument,
    storage: StorageOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a study, its trials and its run's folder."""
    database = open_database(storage)
    load_study(database, study)
    if not yes:
        typer.confirm(f"Delete the study {study!r} and all its trials?", abort=True)
    delete_study(database, study)
    console.print(f"{study}: deleted", highlight=False)


def parse_cell(text: str) -> Cell:
    """A cell from an architecture string or an official index.

    Raises:
        UserError: it is neither.
    """
    return Cell.from_index(int(text)) if text.strip().lstrip("-").isdigit() else Cell.parse(text)


def main() -> None:
    """Run the command line; a user's error becomes one line and exit status 2."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def _scores(scorer: Scorer, cell: Cell) -> dict[str, float | None] | None:
    """A cell's scores; None for a disconnected cell, and for a score that is not finite."""
    try:
        return json_numbers(scorer.score(cell))
    except DisconnectedCellError:
        return None


def _execute(database: Database, name: str) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress, _run_messages():
        task = progress.add_task("trials", total=None)
        execution.execute_run(database, name, lambda done, asked: progress.update(task, completed=done, total=asked))
    _print_results(database, name)
    console.print(f"results: {run_folder(name)}", highlight=False, soft_wrap=True)


@contextmanager
def _run_messages() -> Iterator[None]:
    """Show what a run says of itself, above its progress: all but the line that each trial has in the log."""
    handler = RichHandler(
        console=console, show_time=False, show_level=False, show_path=False, highlighter=NullHighlighter()
    )
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name == execution.__name__)
    logger = logging.getLogger("backend")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _print_results(database: Database, name: str) -> None:
    study = load_study(database, name)
    config = study_config(study)
    if config is None:
        console.print("made elsewhere: no proxies, truth or weights are recorded in it", highlight=False)
        return
    report.print_best(console, best_table(best_trials(study), config.runner.nasbench_epochs), config)
    try:
        report.print_weights(console, results.study_ensemble(trials_frame(study), config))
    except UserError as error:
        console.print(str(error), style="yellow", highlight=False)
