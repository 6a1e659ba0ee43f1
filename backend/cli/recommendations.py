"""The command that names the cells of a study to train."""

from typing import Annotated

import typer

from backend.analysis.cell_scores import study_scores
from backend.analysis.recommendation import LENGTH, rule_proxies, rule_words
from backend.analysis.recommendation import recommend as recommended
from backend.cli.beyond import print_plan
from backend.cli.json_output import print_json
from backend.cli.options import JsonOption, ModuleOption, StorageOption, StudyArgument, console
from backend.errors import UserError
from backend.json_records import json_records
from backend.studies import load_study, open_database, study_config, trials_frame
from backend.user_proxies import load_user_proxies


def recommend(
    study: StudyArgument,
    top: Annotated[int, typer.Option(min=1, help="Cells on the list.")] = LENGTH,
    storage: StorageOption = None,
    as_json: JsonOption = False,
    proxy_module: ModuleOption = None,
) -> None:
    """Name the cells of a study to train, by a fixed rule without any label, and what training them costs and gives."""
    load_user_proxies(proxy_module or [])
    loaded = load_study(open_database(storage), study)
    config = study_config(loaded)
    if config is None:
        raise UserError(f"study: {study!r} was made elsewhere: no proxies and no truth are recorded in it")
    scores = study_scores(trials_frame(loaded))
    listed = recommended(scores, config.dataset, top, config.runner.nasbench_epochs)
    words = rule_words(rule_proxies(map(str, scores)))
    if as_json:
        print_json({"rule": words, "shortlist": json_records(listed.reset_index())})
        return
    print_plan(console, listed, f"Train these of the {len(scores)} cells of {study}")
    console.print(words, highlight=False)
