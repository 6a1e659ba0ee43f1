"""The studies of a database: make, load and rename them.

What needs the search's own modules loads them when it is called: they load PyTorch, which takes longer than a list of
studies.
"""

from __future__ import annotations

import itertools
from collections.abc import Container
from datetime import datetime

import optuna
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from backend.config.headline import read_headline
from backend.config.model import SearchConfig
from backend.errors import StorageError, UserError, WriteError
from backend.naming import visible
from backend.storage import audit
from backend.storage.database import Database
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.optuna_internals.tables import INTERMEDIATE_VALUES, STUDIES, TRIALS
from backend.storage.schema import ensembles
from backend.studies import runs, trainings
from backend.studies.folders import move_run_folder
from backend.studies.summaries import CONFIG, NOT_VALID, search_file_in

LONGEST_NAME = 100


def free_name(database: Database, config: SearchConfig) -> str:
    """A name that tells data set, sampler and moment."""
    stem = f"{config.dataset} {config.setup.sampler} {datetime.now():%Y-%m-%d %H.%M.%S}"
    return numbered_name(stem, set(_names(database)))


def check_free_name(database: Database, name: str) -> None:
    """Raise UserError unless the name is fit for a new study and not taken."""
    check_name(name)
    with database.engine.connect() as connection:
        taken = connection.execute(select(STUDIES.c.study_id).where(STUDIES.c.study_name == name)).first()
    if taken:
        raise UserError(f"study: the name {name!r} is taken; give another")


def check_name(name: str) -> None:
    """Raise UserError unless the name is fit for a new study."""
    if name != fit_name(name):
        said = f"use 1 to {LONGEST_NAME} characters that can be seen, with no space or line break at either end"
        raise UserError(f"study: the name {name!r} is not valid; {said}")


def fit_name(name: str) -> str:
    """A name that is fit for a study, as like the given one as can be: of any alphabet, but nothing in it is unseen."""
    return visible(name.strip())[:LONGEST_NAME].rstrip() or "study"


def numbered_name(name: str, taken: Container[str]) -> str:
    """The name, or where it is taken "NAME 2", or "NAME 3", and so on."""
    if name not in taken:
        return name
    numbers = (f" {number}" for number in itertools.count(2))
    return next(free for end in numbers if (free := name[: LONGEST_NAME - len(end)] + end) not in taken)


def load_study(database: Database, name: str) -> optuna.Study:
    """Open a study of the database.

    Raises:
        UserError: there is none of that name; the message lists some that there are.
    """
    try:
        return optuna.load_study(study_name=name, storage=database.storage)
    except KeyError:
        names = _names(database)
        there = f"there are: {', '.join(sorted(names)[:10])}" if names else "the database has none yet"
        raise UserError(f"study: no study {name!r}; {there}") from None


def has_intermediate_values(database: Database, study_id: int) -> bool:
    """Whether any trial of a study reported values before it ended."""
    reported = exists().where(INTERMEDIATE_VALUES.c.trial_id == TRIALS.c.trial_id)
    query = select(TRIALS.c.trial_id).where(TRIALS.c.study_id == study_id, reported).limit(1)
    with database.engine.connect() as connection:
        return connection.execute(query).first() is not None


def load_to_change(database: Database, name: str) -> optuna.Study:
    """As :func:`load_study`, in a database that is ready to be written.

    Raises:
        UserError: as there.
        StorageError: the database cannot be written.
    """
    load_study(database, name)
    database.prepare()
    return load_study(database, name)


def study_config(study: optuna.Study) -> SearchConfig | None:
    """The configuration that the study was made with, or None for a study that was made elsewhere.

    Raises:
        UserError: its search file is not valid, or names what is not known here.
    """
    text = search_file_in(study.user_attrs)
    if text is None:
        return None
    if problem := read_headline(text).problem:
        raise UserError(f"study: {study.study_name!r}: {NOT_VALID}: {problem}")
    return SearchConfig.from_toml(text)


def store_config(study: optuna.Study, config: SearchConfig) -> None:
    """Keep a configuration with its study; the data set stands beside it for other tools.

    Raises:
        WriteError: another process wrote it at the same moment.
    """
    kept = {CONFIG: config.to_toml(), "dataset": config.dataset}
    for key, value in kept.items():
        study.set_user_attr(key, value)
    # Optuna says nothing of an attribute that it could not write.
    if not kept.items() <= study.user_attrs.items():
        raise WriteError(f"study: the search file of {study.study_name!r} is not stored; try it again")


def rename_study(database: Database, name: str, new: str) -> None:
    """Give a study another name; its run's folder and the ensembles fitted on it go with it.

    Args:
        database: where it is.
        name: the study.
        new: as for :func:`create_study`.

    Raises:
        UserError: no such study, the new name is malformed or taken, or the run is active: its process writes into the
            folder of the name that it began with.
        WriteError: the study was renamed, but not its folder.
    """
    check_name(new)
    study_id = study_id_of(load_study(database, name))
    _check_ended(database, study_id, name)
    try:
        with database.begin() as connection:
            runs.hold(connection, study_id)
            _check_ended(database, study_id, name)
            own = update(STUDIES).where(STUDIES.c.study_id == study_id, STUDIES.c.study_name == name)
            if connection.execute(own.values(study_name=new)).rowcount != 1:
                raise UserError(f"study: no study {name!r} any more; it was renamed or deleted at this moment")
            connection.execute(update(ensembles).where(ensembles.c.study == name).values(study=new))
            audit.write(connection, database, "rename", name, f"to {new}")
    except IntegrityError:
        raise UserError(f"study: the name {new!r} is taken; give another") from None
    try:
        move_run_folder(database, name, new)
    except StorageError as error:
        said = str(error).removeprefix("storage: ")
        raise WriteError(f"study: {name!r} is now {new!r}, but the folder of its run keeps its name: {said}") from None


def _check_ended(database: Database, study_id: int, name: str) -> None:
    run = runs.read_run(database, study_id)
    if run is not None and run.active:
        raise UserError(f"study: {name!r} is {run.state}, and its process knows it by that name; stop it to rename it")
    if trainings.is_active(database, study_id):
        raise UserError(f"study: architectures of {name!r} are trained into its folder; stop that to rename it")


def _names(database: Database) -> list[str]:
    """Of all studies; Optuna reads all their attributes to tell them."""
    with database.engine.connect() as connection:
        return list(connection.scalars(select(STUDIES.c.study_name)).all())
