"""The command that names the architectures of a study to train."""

from typing import Annotated

import typer

from backend.cli.beyond import print_plan
from backend.cli.options import JsonOption, ModuleOption, SpaceModuleOption, StorageOption, StudyArgument, load_own_code
from backend.cli.terminal import console
from backend.cli.values import print_json
from backend.ensembles.recommendation import LENGTH
from backend.errors import UserError
from backend.json_records import json_records
from backend.search.results import recommendation_record, recommendation_rule, study_recommendation
from backend.spaces.capabilities import truth_field
from backend.storage.database import open_existing
from backend.storage.optuna_internals.objects import study_id_of
from backend.studies import load_study, study_config, trainings, trials_frame
from backend.training.measured import progress_words, shortlist_progress


def recommend(
    study: StudyArgument,
    top: Annotated[int, typer.Option(min=1, help="Architectures on the list.")] = LENGTH,
    storage: StorageOption = None,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
    space_module: SpaceModuleOption = None,
) -> None:
    """Name the architectures of a study to train, by a fixed rule without any label.

    Beside each it says what its training costs and gives.
    """
    load_own_code(proxy_module, space_module)
    database = open_existing(storage)
    loaded = load_study(database, study)
    config = study_config(loaded)
    if config is None:
        raise UserError(f"study: {study!r} was made elsewhere: no proxies and no truth are recorded in it")
    frame = trials_frame(loaded)
    listed = study_recommendation(frame, config, top)
    trained = trainings.read_trainings(database, study_id_of(loaded))
    progress = shortlist_progress(config.space, list(listed.index), trained)
    if as_json:
        record = recommendation_record(frame, config, top)
        measured = json_records(progress) if trained else [{} for _ in record["shortlist"]]
        rows = [row | beside for row, beside in zip(record["shortlist"], measured, strict=True)]
        print_json(record | {"shortlist": rows})
        return
    if listed.empty:
        raise UserError(f"recommendation: {study!r} has no {config.space.words.one} with known scores yet")
    print_plan(
        console,
        listed,
        f"Train these of the {config.space.words.many} of {study}",
        config.space,
        truth_field(config.space, config.trained_on),
    )
    console.print(recommendation_rule(frame, config))
    if said := progress_words(config.space, progress):
        console.print(f"{said[:1].upper()}{said[1:]}.")
