"""Commands about ensembles: what proxies predict together."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from backend import benchmark
from backend.analysis.ensembles import LABEL_FREE, MODELS, Recipe, StudyEnsemble
from backend.analysis.ensembles.evaluation import Figures
from backend.cli import report
from backend.cli.options import JsonOption, ModuleOption, SeedOption, StorageOption, StudyArgument, console
from backend.errors import StorageError, UserError
from backend.json_records import json_records
from backend.scoring.tables import bundled_table, read_table
from backend.search.config import SearchConfig
from backend.search.results import study_ensemble, target_of
from backend.studies import load_study, open_database, study_config, trials_frame
from backend.studies.database import Database
from backend.studies.ensembles import SavedEnsemble, load_ensemble, read_ensemble, save_ensemble
from backend.studies.trials import json_numbers
from backend.user_proxies import load_user_proxies

WITHIN, BEYOND = "the study", "unseen cells"


@dataclass(frozen=True)
class _Row:
    """One model's fit and figures; ``note`` says what there is not, and why."""

    fitted: StudyEnsemble | None
    figures: dict[str, Figures]
    note: str = ""


def ensemble(
    study: StudyArgument,
    model: Annotated[
        str | None, typer.Option(help=f"{', '.join(MODELS)}; without it, all of them are compared.")
    ] = None,
    proxies: Annotated[str | None, typer.Option(help="Comma-separated names.", show_default="all of the study")] = None,
    graph: Annotated[bool, typer.Option("--graph", help="Use features of the cell's graph too.")] = False,
    label_free: Annotated[
        str | None, typer.Option(help="Comma-separated proxies whose log ranks are added up, without any label.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(help="Scores of the whole space, to judge on unseen cells.", show_default="the bundled table"),
    ] = None,
    seed: SeedOption = 0,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep the ensemble under this name.")] = None,
    export: Annotated[Path | None, typer.Option(help="Write the ensemble to this JSON file.")] = None,
    storage: StorageOption = None,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
) -> None:
    """Fit ensembles of a study's proxies, and show what they are worth on cells that they have not seen."""
    load_user_proxies(proxy_module or [])
    if label_free and (model or proxies or graph):
        raise UserError("--label-free: names its proxies itself; give it without --model, --proxies and --graph")
    if (save or export) and not (model or label_free):
        raise UserError("--save, --export: one ensemble is kept; say which with --model or --label-free")
    database = open_database(storage)
    config, trials = _study(database, study)
    names = _names(label_free or proxies) or tuple(config.proxy_names)
    models = [LABEL_FREE] if label_free else [model] if model else list(MODELS)
    recipes = [Recipe(name, names, graph and MODELS[name].build is not None, seed) for name in models if _known(name)]
    space = _space_scores(config, table)
    rows = {recipe.model: _row(trials, config, recipe, space) for recipe in recipes}
    if model or label_free:
        _finish_one(database, study, config, next(iter(rows.values())), save, export, as_json)
    elif as_json:
        report.print_json({name: _record(row) for name, row in rows.items()})
    else:
        _print_comparison(rows, target_of(config))


def import_ensemble(
    file: Annotated[Path, typer.Argument(help="A JSON file that `ensemble --export` wrote.")],
    storage: StorageOption = None,
    proxy_module: ModuleOption = None,
) -> None:
    """Keep an ensemble from a file in the study database."""
    load_user_proxies(proxy_module or [])
    saved = read_ensemble(file)
    save_ensemble(open_database(storage), saved)
    console.print(f"ensemble: {saved.name}, fitted on {saved.study}", highlight=False)


def _study(database: Database, name: str) -> tuple[SearchConfig, pd.DataFrame]:
    loaded = load_study(database, name)
    config = study_config(loaded)
    if config is None:
        raise UserError(f"study: {name!r} was made elsewhere: no proxies and no truth are recorded in it")
    return config, trials_frame(loaded)


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _known(name: str) -> bool:
    if name not in MODELS:
        raise UserError(f"--model: unknown model {name!r}; valid: {', '.join(MODELS)}")
    return True


def _space_scores(config: SearchConfig, table: Path | None) -> pd.DataFrame | str:
    """Scores of the whole space, or why there are none."""
    if table is not None:
        return read_table(table).scores
    try:
        return bundled_table(config.dataset).scores
    except UserError as error:
        return str(error)


def _row(trials: pd.DataFrame, config: SearchConfig, recipe: Recipe, space: pd.DataFrame | str) -> _Row:
    try:
        fitted = study_ensemble(trials, config, recipe)
        found = {WITHIN: fitted.within}
    except UserError as error:
        return _Row(None, {}, str(error))
    if isinstance(space, str):
        return _Row(fitted, found, space)
    accuracy = benchmark.test_accuracy(config.dataset, config.runner.nasbench_epochs)
    try:
        return _Row(fitted, found | {BEYOND: fitted.beyond(space, accuracy)})
    except UserError as error:
        return _Row(fitted, found, str(error))


def _finish_one(
    database: Database,
    study: str,
    config: SearchConfig,
    row: _Row,
    save: str | None,
    export: Path | None,
    as_json: bool,
) -> None:
    if row.fitted is None:
        raise UserError(row.note)
    saved = SavedEnsemble(
        name=save or f"{study} {row.fitted.ensemble.recipe.model}"[:100],
        study=study,
        dataset=config.dataset,
        target=row.fitted.target,
        created=datetime.now(UTC),
        figures={where: json_numbers(found) for where, found in row.figures.items()},
        ensemble=row.fitted.ensemble,
    )
    if save:
        save_ensemble(database, saved)
    if export:
        _write(export, saved.to_json())
    if as_json:
        report.print_json(_record(row))
        return
    report.print_ensemble(console, row.fitted, row.figures, row.note)
    if save:
        console.print(f"saved as {load_ensemble(database, save).name}", highlight=False)
    if export:
        console.print(f"written to {export}", highlight=False, soft_wrap=True)


def _write(path: Path, content: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(content, indent=1, allow_nan=False), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"--export: cannot write {path}: {error.strerror}") from None


def _record(row: _Row) -> dict[str, Any]:
    fitted = row.fitted
    return {
        **(fitted.to_json() if fitted else {}),
        "weight_intervals": json_records(fitted.ensemble.weight_intervals().reset_index(names="column"))
        if fitted
        else [],
        "figures": {where: json_numbers(found) for where, found in row.figures.items()},
        "note": row.note,
    }


def _print_comparison(rows: dict[str, _Row], target: str) -> None:
    fits = {MODELS[name].title: row.figures for name, row in rows.items() if row.fitted}
    notes = dict.fromkeys(row.note for row in rows.values() if row.note)
    report.print_ensembles(console, fits, target, list(notes))
