"""Commands about studies.

What loads PyTorch or pandas is imported by the commands that need it: a list should come at once.
"""

from dataclasses import asdict
from typing import Annotated

import typer

from backend.cli import sharing
from backend.cli.options import JsonOption, ModuleOption, SpaceModuleOption, StorageOption, StudyArgument, load_own_code
from backend.cli.study_list import print_studies, study_record
from backend.cli.terminal import confirm, console
from backend.cli.values import print_json
from backend.errors import WriteError
from backend.storage import audit
from backend.storage.database import open_existing
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import list_studies

app = typer.Typer(help="List, show, share, stop, resume and delete studies.", no_args_is_help=True)


@app.command("list")
def list_command(
    storage: StorageOption = None, as_json: JsonOption = False, space_module: SpaceModuleOption = None
) -> None:
    """List the studies of the database, the newest first."""
    load_own_code(None, space_module)
    summaries = list_studies(open_existing(storage))
    if as_json:
        print_json([study_record(item) for item in summaries])
    else:
        print_studies(console, summaries)


@app.command()
def show(
    study: StudyArgument,
    storage: StorageOption = None,
    as_json: JsonOption = False,
    space_module: SpaceModuleOption = None,
) -> None:
    """Show a study's state, best trials and ensemble weights."""
    from backend.cli.foreground import print_results  # noqa: PLC0415
    from backend.json_records import json_records  # noqa: PLC0415
    from backend.studies import best_table, best_trials, best_values, load_study  # noqa: PLC0415

    load_own_code(None, space_module)
    database = open_existing(storage)
    loaded = load_study(database, study)
    summary = next(item for item in list_studies(database) if item.name == study)
    if as_json:
        epochs = summary.config.runner.nasbench_epochs if summary.config else 200
        best = best_trials(loaded)
        table = best_table(best, epochs) if summary.config_text is not None else best_values(best, loaded)
        print_json({**study_record(summary), "best_trials": json_records(table)})
        return
    print_studies(console, [summary])
    print_results(database, study)


@app.command()
def stop(study: StudyArgument, storage: StorageOption = None) -> None:
    """Stop a study's run after the trial that is running, or the training of its architectures."""
    from backend.runs import launch  # noqa: PLC0415
    from backend.studies import load_study, runs, trainings  # noqa: PLC0415
    from backend.training import launch as training  # noqa: PLC0415

    database = open_existing(storage)
    study_id = study_id_of(load_study(database, study))
    run = runs.read_run(database, study_id)
    trains = trainings.is_active(database, study_id)
    said = [launch.stop(database, study)] if not trains or (run and run.active) else []
    said += [training.stop(database, study)] if trains else []
    console.print(f"{study}: {'; '.join(said)}", soft_wrap=True)


@app.command()
def resume(
    study: StudyArgument,
    storage: StorageOption = None,
    trials: Annotated[int | None, typer.Option(help="A new total of trials.")] = None,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Go on with an ended study, in the foreground."""
    from backend.cli.foreground import execute  # noqa: PLC0415
    from backend.runs import launch  # noqa: PLC0415

    load_own_code(proxy_module, space_module)
    database = open_existing(storage)
    launch.requeue(database, study, trials)
    execute(database, study)


@app.command()
def rename(
    study: StudyArgument,
    name: Annotated[str, typer.Argument(help="The new name.")],
    storage: StorageOption = None,
) -> None:
    """Rename a study that is not being searched."""
    from backend.studies import rename_study  # noqa: PLC0415

    rename_study(open_existing(storage), study, name)
    console.print(f"{study}: now {name}", soft_wrap=True)


@app.command("audit")
def audit_command(
    storage: StorageOption = None,
    last: Annotated[int, typer.Option(min=1, help="How many lines.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Show who launched, stopped, resumed, renamed, deleted or imported what, the newest first."""
    found = audit.entries(open_existing(storage), last)
    if as_json:
        print_json([{**asdict(entry), "time": entry.time.isoformat()} for entry in found])
        return
    for entry in found:
        line = f"{entry.time:%Y-%m-%d %H:%M:%S} UTC  {entry.who} ({entry.via})  {entry.action}  {entry.study}"
        console.print(f"{line}  {entry.detail}".rstrip(), soft_wrap=True)


@app.command()
def delete(
    study: StudyArgument,
    storage: StorageOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a study, its trials and its run's folder; saved ensembles stay."""
    from backend.studies import load_study  # noqa: PLC0415
    from backend.studies.deletion import delete_study, folder_left  # noqa: PLC0415

    database = open_existing(storage)
    load_study(database, study)
    if not yes:
        confirm(f"Delete the study {study!r} and all its trials?", abort=True)
    deleted = delete_study(database, study)
    console.print(f"{study}: deleted", soft_wrap=True)
    if deleted.ensembles:
        console.print(f"its saved ensembles stay: {', '.join(deleted.ensembles)}", soft_wrap=True)
    if deleted.folder:
        raise WriteError(folder_left(study, deleted.folder))


app.command()(sharing.export)
app.command("import")(sharing.import_command)
app.command()(sharing.copy)
