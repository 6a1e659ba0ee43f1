"""The studies of a database: make, list, load and delete them."""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import optuna
from optuna.study import StudyDirection
from optuna.study._frozen import FrozenStudy
from sqlalchemy import DateTime, column, func, select, table

from backend.errors import UserError
from backend.search.config import SearchConfig
from backend.search.limits import feasible_space
from backend.search.objectives import Objectives
from backend.studies import runs
from backend.studies.database import Database
from backend.studies.folders import remove_run_folder

CONFIG = "proxyscope:config"
_TRIALS = table("trials", column("study_id"), column("datetime_start", DateTime))
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._ -]{0,99}")


@dataclass(frozen=True)
class StudySummary:
    """A study in a list.

    Attributes:
        name: of the study.
        study_id: Optuna's.
        objectives: names of the objective values.
        directions: which way each is better.
        trials: how many there are.
        config: what it was made with; None for a study made elsewhere and for one that this installation cannot read.
        config_problem: why the configuration cannot be read; "" when it can, or there is none.
        run: None for a study that was made elsewhere.
        created: None while there is neither run nor trial.
    """

    name: str
    study_id: int
    objectives: list[str]
    directions: list[str]
    trials: int
    config: SearchConfig | None
    config_problem: str
    run: runs.Run | None
    created: datetime | None


def trials_asked(config: SearchConfig) -> int:
    """How many trials count as the whole search: no more than the space has cells to keep, when distinct ones count."""
    if not config.setup.distinct_cells:
        return config.setup.n_trials
    return min(config.setup.n_trials, len(feasible_space(config)))


def create_study(
    database: Database, config: SearchConfig, name: str | None = None, kept: Mapping[str, Any] | None = None
) -> str:
    """Make a study with its configuration, queued; returns its name.

    Args:
        database: where it is kept.
        config: what is searched.
        name: up to 100 letters, digits, spaces and ``._-``; None makes one from data set, sampler and time.
        kept: JSON values by system attribute that the run needs beside its configuration.

    Raises:
        UserError: the name is malformed or taken, or the space has no connected cell.
    """
    name = name or _free_name(database, config)
    check_name(name)
    asked = trials_asked(config)
    if asked == 0:
        raise UserError("op_1_0 … op_3_2: no cell of these options connects input to output; allow more operations")
    objectives = Objectives(config)
    try:
        study = optuna.create_study(storage=database.storage, study_name=name, directions=objectives.directions)
    except optuna.exceptions.DuplicatedStudyError:
        raise UserError(f"study: the name {name!r} is taken; give another") from None
    study.set_metric_names(objectives.names)
    store_config(study, config)
    for key, value in (kept or {}).items():
        database.storage.set_study_system_attr(study._study_id, key, value)
    runs.create_run(database, study._study_id, asked)
    return name


def _free_name(database: Database, config: SearchConfig) -> str:
    """A name that tells data set, sampler and moment."""
    stem = f"{config.dataset} {config.setup.sampler} {datetime.now():%Y-%m-%d %H.%M.%S}"
    taken = set(optuna.get_all_study_names(database.storage))
    names = itertools.chain([stem], (f"{stem} {number}" for number in itertools.count(2)))
    return next(name for name in names if name not in taken)


def check_free_name(database: Database, name: str) -> None:
    """Raise UserError unless the name is fit for a new study and not taken."""
    check_name(name)
    if name in optuna.get_all_study_names(database.storage):
        raise UserError(f"study: the name {name!r} is taken; give another")


def check_name(name: str) -> None:
    """Raise UserError unless the name is fit for a study and a folder."""
    if not _NAME.fullmatch(name):
        raise UserError(f"study: the name {name!r} is not valid; use up to 100 letters, digits, spaces, '.', '_', '-'")


def load_study(database: Database, name: str) -> optuna.Study:
    """Open a study of the database.

    Raises:
        UserError: there is none of that name; the message lists some that there are.
    """
    try:
        return optuna.load_study(study_name=name, storage=database.storage)
    except KeyError:
        names = optuna.get_all_study_names(database.storage)
        there = f"there are: {', '.join(sorted(names)[:10])}" if names else "the database has none yet"
        raise UserError(f"study: no study {name!r}; {there}") from None


def study_config(study: optuna.Study) -> SearchConfig | None:
    """The configuration that the study was made with, or None for a study that was made elsewhere."""
    text = study.user_attrs.get(CONFIG)
    return SearchConfig.from_toml(text, source=f"the configuration of {study.study_name!r}") if text else None


def store_config(study: optuna.Study, config: SearchConfig) -> None:
    """Keep a configuration with its study; the data set stands beside it for other tools."""
    study.set_user_attr(CONFIG, config.to_toml())
    study.set_user_attr("dataset", config.dataset)


def list_studies(database: Database) -> list[StudySummary]:
    """All studies, the newest first."""
    all_runs, counts = runs.read_runs(database), _trial_counts(database)
    summaries = [
        _summary(item, all_runs.get(item._study_id), *counts.get(item._study_id, (0, None)))
        for item in database.storage.get_all_studies()
    ]
    return sorted(summaries, key=lambda item: (item.created is not None, item.created, item.study_id), reverse=True)


def delete_study(database: Database, name: str) -> None:
    """Delete a study, its trials, its run, log and folder; scores stay in the score store.

    Raises:
        UserError: there is none of that name, or its run is active.
    """
    study_id = load_study(database, name)._study_id
    run = runs.read_run(database, study_id)
    if run is not None and run.active:
        raise UserError(f"study: {name!r} is {run.state}; stop it before you delete it")
    runs.forget(database, study_id)
    optuna.delete_study(study_name=name, storage=database.storage)
    remove_run_folder(name)


def _trial_counts(database: Database) -> dict[int, tuple[int, datetime | None]]:
    """The number of trials and the begin of the first by study id; no trial is read."""
    query = select(_TRIALS.c.study_id, func.count(), func.min(_TRIALS.c.datetime_start)).group_by(_TRIALS.c.study_id)
    with database.engine.connect() as connection:
        return {study_id: (number, first) for study_id, number, first in connection.execute(query)}


def _summary(item: FrozenStudy, run: runs.Run | None, trials: int, first: datetime | None) -> StudySummary:
    names = item.system_attrs.get("study:metric_names") or [f"value {n}" for n in range(len(item.directions))]
    config, problem = _readable_config(item.user_attrs.get(CONFIG))
    return StudySummary(
        name=item.study_name,
        study_id=item._study_id,
        objectives=list(names),
        directions=["maximize" if d == StudyDirection.MAXIMIZE else "minimize" for d in item.directions],
        trials=trials,
        config=config,
        config_problem=problem,
        run=run,
        created=run.created if run else first and first.replace(tzinfo=UTC),
    )


def _readable_config(text: str | None) -> tuple[SearchConfig | None, str]:
    """A stored configuration, or why this installation cannot read it (a user's proxy that is not loaded, say)."""
    try:
        return (SearchConfig.from_toml(text) if text else None), ""
    except UserError as error:
        return None, str(error)
