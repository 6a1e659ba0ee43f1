"""Commands about ensembles: what proxies predict together."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from backend.cli import beyond, report
from backend.cli.beyond import Basis
from backend.cli.options import (
    JsonOption,
    ModuleOption,
    SeedOption,
    SpaceModuleOption,
    StorageOption,
    TableSpaceOption,
    TruthOption,
    given_path,
    given_table,
    load_own_code,
    longest,
)
from backend.cli.terminal import console
from backend.cli.values import print_json
from backend.datasets.info import check_dataset
from backend.ensembles.evaluation import DIVERSE, RANDOM, Figures
from backend.ensembles.fitting import Recipe
from backend.ensembles.kept import SavedEnsemble, load_ensemble, read_ensemble, save_ensemble
from backend.ensembles.models import LABEL_FREE, MODELS
from backend.ensembles.study import StudyEnsemble
from backend.ensembles.transfer import home_scores
from backend.errors import StorageError, UserError
from backend.json_records import json_records
from backend.search.results import target_of
from backend.spaces import registry
from backend.spaces.capabilities import HasTruth, require
from backend.storage.database import Database, open_database, open_existing
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import load_study, runs, study_config, trainings, trials_frame
from backend.studies.trials import json_numbers
from backend.training.measured import measured_space, with_measured

SEEN, WITHIN, BEYOND = "fitted cells", "the study", "unseen cells"


@dataclass(frozen=True)
class _Row:
    """One model's fit and figures; ``note`` says what there is not, and why."""

    fitted: StudyEnsemble | None
    figures: dict[str, Figures]
    note: str = ""


def ensemble(
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="Name of the study; left out with --labels.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help=f"{', '.join(MODELS)}; without it, all of them are compared.")
    ] = None,
    proxies: Annotated[
        str | None, typer.Option(help="Comma-separated names; none: graph alone.", show_default="all recorded")
    ] = None,
    graph: Annotated[bool, typer.Option("--graph", help="Use features of the architecture's graph too.")] = False,
    label_free: Annotated[
        str | None, typer.Option(help="Comma-separated proxies whose log ranks are added up, without any label.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            parser=given_path,
            metavar="FILE",
            help="Scores of the whole space, to judge on unseen architectures.",
            show_default="the bundled table",
        ),
    ] = None,
    measured: Annotated[
        bool, typer.Option("--measured", help="Fit on the accuracies measured here by `train`, not on a benchmark's.")
    ] = False,
    labels: Annotated[
        int | None,
        typer.Option(min=1, help="Instead of a study: so many architectures of the whole space count as trained."),
    ] = None,
    dataset: Annotated[str, typer.Option(help="With --labels: the data set.")] = "cifar10",
    space: TableSpaceOption = None,
    trained_on: TruthOption = None,
    choose: Annotated[str, typer.Option(help=f"With --labels: how they are drawn, {RANDOM} or {DIVERSE}.")] = RANDOM,
    transfer: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DATASET|STUDY", help="Judge it on another data set too, or on a study there; repeatable."
        ),
    ] = None,
    curve: Annotated[
        bool, typer.Option("--curve", help="The learning curve too: from 8 to 2,048 labelled architectures.")
    ] = False,
    seed: SeedOption = 0,
    save: Annotated[str | None, typer.Option(metavar="NAME", help="Keep the ensemble under this name.")] = None,
    export: Annotated[
        Path | None, typer.Option(parser=given_path, metavar="FILE", help="Write the ensemble to this JSON file.")
    ] = None,
    storage: StorageOption = None,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Fit ensembles of proxies on a study's architectures, and judge them on unseen ones."""
    load_own_code(proxy_module, space_module)
    if label_free and (model or proxies or graph):
        raise UserError("--label-free: names its proxies itself; give it without --model, --proxies and --graph")
    if (save or export) and not (model or label_free):
        raise UserError("--save, --export: one ensemble is kept; say which with --model or --label-free")
    if (study is None) == (labels is None):
        raise UserError("ensemble: give a study, or --labels for a number of architectures of the whole space")
    if measured and study is None:
        raise UserError("--measured: give a study whose architectures were trained here")
    if (transfer or curve) and not (model or label_free):
        raise UserError("--transfer, --curve: for one ensemble; say which with --model or --label-free")
    database = open_existing(storage)
    basis = (
        _study_basis(database, study, table, measured=measured)
        if study is not None
        else _space_basis(space, dataset, trained_on, table, labels, choose)
    )
    names = () if proxies == "none" else _names(label_free or proxies) or basis.recorded
    models = [LABEL_FREE] if label_free else [model] if model else list(MODELS)
    recipes = [
        Recipe(name, names, graph and MODELS[name].build is not None, seed, basis.space.name)
        for name in models
        if _known(name)
    ]
    rows = {recipe.model: _row(basis, recipe) for recipe in recipes}
    if model or label_free:
        _finish_one(database, basis, next(iter(rows.values())), save, export, as_json, transfer or [], curve=curve)
    elif as_json:
        print_json({name: _record(row) for name, row in rows.items()})
    else:
        _print_comparison(rows, basis)


def import_ensemble(
    file: Annotated[
        Path, typer.Argument(parser=given_path, metavar="FILE", help="A JSON file that `ensemble --export` wrote.")
    ],
    name: Annotated[str | None, typer.Option(help="To keep it under.", show_default="the file's")] = None,
    storage: StorageOption = None,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Keep an ensemble from a file in the study database."""
    load_own_code(proxy_module, space_module)
    saved = read_ensemble(file)
    saved = replace(saved, name=name or saved.name)
    save_ensemble(open_database(storage), saved)
    console.print(f"ensemble: {saved.name}, fitted on {saved.study}")


def _study_basis(database: Database, name: str, table: Path | None, *, measured: bool) -> Basis:
    loaded = load_study(database, name)
    config = study_config(loaded)
    if config is None:
        raise UserError(f"study: {name!r} was made elsewhere: no proxies and no truth are recorded in it")
    trials = trials_frame(loaded)
    run = runs.read_run(database, study_id_of(loaded))
    space, target = config.space, target_of(config)
    if measured:
        found = trainings.read_trainings(database, study_id_of(loaded))
        if (labelled := measured_space(config.space, found)) is None:
            said = "no accuracy was measured here yet; train some of its architectures with `train`"
            raise UserError(f"--measured: {name!r}: {said}")
        space, target = labelled, require(labelled, HasTruth, "--measured").tasks[0].column
        trials = with_measured(trials, config.space, found)
    return Basis(
        name=name,
        space=space,
        dataset=config.dataset,
        trained_on=config.trained_on,
        target=target,
        recorded=tuple(config.proxy_names),
        table=given_table(table, config.dataset, config.space.name).scores if table else None,
        scores=(run.images or "") if run else "",
        fit=lambda recipe: StudyEnsemble.fit(trials, recipe, target),
    )


def _space_basis(
    space_name: str | None, dataset: str, trained_on: str | None, table: Path | None, labels: int | None, choose: str
) -> Basis:
    check_dataset(dataset)
    found = given_table(table, dataset, space_name)
    if found.provenance.dataset != dataset:
        raise UserError(f"--table: it is of {found.provenance.dataset}, not of {dataset}")
    space = registry.get(found.provenance.space)
    truth = require(space, HasTruth, "--labels")
    trained_on = truth.trained_on(dataset) if trained_on is None else trained_on
    task = truth.task(trained_on, longest(truth, trained_on))
    accuracy, target = truth.values(trained_on, task.epochs), task.column

    def fit(recipe: Recipe) -> StudyEnsemble:
        scores = home_scores(dataset, recipe.proxies, space, found.scores)
        return StudyEnsemble.of_space(scores, accuracy, recipe, target, labels or 0, choose)

    return Basis(
        name=f"{labels} {space.words.many} of the score table of {dataset}",
        space=space,
        dataset=dataset,
        trained_on=trained_on,
        target=target,
        recorded=tuple(map(str, found.scores)),
        table=found.scores,
        scores=found.provenance.images,
        fit=fit,
    )


def _names(text: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))


def _known(name: str) -> bool:
    if name not in MODELS:
        raise UserError(f"--model: unknown model {name!r}; valid: {', '.join(MODELS)}")
    return True


def _row(basis: Basis, recipe: Recipe) -> _Row:
    try:
        fitted = basis.fit(recipe)
        found = {WITHIN: fitted.within}
    except UserError as error:
        return _Row(None, {}, str(error))
    try:
        return _Row(fitted, found | {BEYOND: fitted.beyond(basis.home(recipe), basis.accuracy)})
    except UserError as error:
        return _Row(fitted, found, str(error))


def _finish_one(
    database: Database,
    basis: Basis,
    row: _Row,
    save: str | None,
    export: Path | None,
    as_json: bool,
    transfer: Sequence[str],
    *,
    curve: bool,
) -> None:
    if row.fitted is None:
        raise UserError(row.note)
    saved = SavedEnsemble(
        name=save or f"{basis.name} {row.fitted.ensemble.recipe.model}"[:100],
        study=basis.name,
        dataset=basis.dataset,
        target=row.fitted.target,
        created=datetime.now(UTC),
        figures={where: json_numbers(found) for where, found in row.figures.items()},
        ensemble=row.fitted.ensemble,
        scores=basis.scores,
    )
    listed = beyond.listed_cells(basis, row.fitted)
    carried = [beyond.carried(database, basis, row.fitted, place) for place in transfer]
    learned = beyond.curve_of(basis, row.fitted.ensemble.recipe, bar=not as_json) if curve else None
    if save:
        save_ensemble(database, saved)
    if export:
        _write(export, saved.to_json())
    if as_json:
        print_json(_record(row) | beyond.records(listed, carried, learned))
        return
    report.print_ensemble(console, row.fitted, row.figures, row.note)
    beyond.print_all(console, row.fitted, listed, carried, learned)
    if save:
        console.print(f"saved as {load_ensemble(database, save).name}")
    if export:
        console.print(f"written to {export}", soft_wrap=True)


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
        "figures": {where: json_numbers(found) for where, found in _with_seen(row).items()},
        "note": row.note,
    }


def _with_seen(row: _Row) -> dict[str, Figures]:
    """The figures with those on the fitted architectures themselves, which never stand alone."""
    own = row.fitted is not None and not row.fitted.ensemble.recipe.label_free and WITHIN in row.figures
    return ({SEEN: row.fitted.seen} if row.fitted is not None and own else {}) | row.figures


def _print_comparison(rows: dict[str, _Row], basis: Basis) -> None:
    fits = {MODELS[name].title: row.figures for name, row in rows.items() if row.fitted}
    notes = dict.fromkeys(row.note for row in rows.values() if row.note)
    report.print_ensembles(console, fits, basis.target, list(notes), basis.space)
