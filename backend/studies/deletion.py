"""Deletes studies: every row of a study goes in one transaction, or none does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Delete, Table, delete, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from backend.errors import UserError, WriteError
from backend.storage import audit
from backend.storage.connection import reason
from backend.storage.database import Database
from backend.storage.optuna_internals.declared_tables import OPTUNA
from backend.storage.optuna_internals.objects import study_id_of
from backend.storage.orphans import delete_orphans
from backend.storage.outages import Reserve
from backend.storage.schema import ensembles, metadata
from backend.studies import runs, trainings
from backend.studies.catalog import load_study
from backend.studies.folders import remove_run_folder


def change_each(names: Sequence[str], change: Callable[[str], object]) -> None:
    """Change studies one after the other; one that cannot be changed keeps none of the others.

    Args:
        names: of the studies.
        change: of the study of a name.

    Raises:
        UserError: some could not be changed; of several, the message says how many, which, and why.
    """
    refused = list[UserError]()
    for name in names:
        try:
            change(name)
        except UserError as error:
            refused.append(error)
    if len(refused) == 1 == len(names):
        raise refused[0]
    if refused:
        said = "; ".join(map(str, refused))
        raise WriteError(f"{len(names) - len(refused)} of {len(names)} studies done; {said}")


logger = logging.getLogger(__name__)

_STUDIES: Final[Table] = OPTUNA.tables["studies"]
_TRIALS: Final[Table] = OPTUNA.tables["trials"]
_ATTEMPTS: Final = 5
_PAUSE_SECONDS: Final = 0.2
_QUIET_SECONDS: Final = 1.0
"""For so long nothing more may come of a study that other processes write to, until it is taken for gone."""
_MOST_QUIET_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.1
_IN_USE: Final = timedelta(minutes=1)
"""A study is taken for in use for so long after its last trial has begun."""
_CONFLICTS: Final = frozenset({"40001", "40P01"})
"""States of PostgreSQL: serialization failure and deadlock."""


class Deleted(NamedTuple):
    """What became of a study's belongings.

    Attributes:
        name: that it had.
        trials: how many trials are gone with it.
        ensembles: saved ensembles that were fitted on it, which stay.
        folder: of its run, where it could not be removed.
    """

    name: str
    trials: int
    ensembles: list[str]
    folder: Path | None


def delete_study(database: Database, name: str) -> Deleted:
    """Delete a study, its trials, trainings, run, log and folder; scores and saved ensembles stay.

    Another process may be writing trials of it, such as a script of plain Optuna: it finds the study gone.

    Raises:
        UserError: there is none of that name, or its run is active.
        WriteError: the database did not let go of it; then all of it is still there.
    """
    study_id = study_id_of(load_study(database, name))
    _check_ended(database, study_id, name)
    database.prepare()
    trials, fitted = _delete_rows(database, study_id, name)
    if database.engine.dialect.name == "sqlite":
        _delete_late_rows(database, study_id, trials)
    Reserve(database, study_id).give_back()
    return Deleted(name, len(trials), fitted, remove_run_folder(database, name))


def delete_studies(database: Database, names: Sequence[str]) -> None:
    """Delete several studies; one that cannot be deleted keeps none of the others.

    Raises:
        UserError: some could not be deleted, or left their folder behind; the message says which, and why.
    """

    def delete_whole(name: str) -> None:
        if folder := delete_study(database, name).folder:
            raise WriteError(folder_left(name, folder))

    change_each(names, delete_whole)


def folder_left(name: str, folder: Path) -> str:
    """What to tell where a study is deleted but for its folder."""
    return f"study: {name!r} is deleted, but not the folder of its run; remove {folder}"


def _check_ended(database: Database, study_id: int, name: str) -> None:
    run = runs.read_run(database, study_id)
    if run is not None and run.active:
        raise UserError(f"study: {name!r} is {run.state}; stop it before you delete it")
    if trainings.is_active(database, study_id):
        raise UserError(f"study: architectures of {name!r} are trained; stop that before you delete it")


def _delete_rows(database: Database, study_id: int, name: str) -> tuple[Sequence[Any], list[str]]:
    """Delete all rows of a study; again where another process wrote some of it at the same moment.

    Returns:
        Id, state and beginning of the trials that it had, and names of the ensembles fitted on it.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _try_to_delete(database, study_id, name)
        except DBAPIError as error:
            if not _is_conflict(error):
                raise
            said = reason(error)
        time.sleep(_PAUSE_SECONDS * (attempt + 1))
    raise WriteError(f"study: {name!r} is not deleted: {said}; end the program that writes to it, then delete it again")


def _is_conflict(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError) or state in _CONFLICTS or "database is locked" in str(error.orig)


def _try_to_delete(database: Database, study_id: int, name: str) -> tuple[Sequence[Any], list[str]]:
    with database.begin() as connection:
        # Nobody adds trials to the study, takes its run, or adds rows to its trials while they are held.
        study = select(_STUDIES.c.study_id).where(_STUDIES.c.study_id == study_id, _STUDIES.c.study_name == name)
        if connection.execute(study.with_for_update()).first() is None:
            raise UserError(f"study: no study {name!r} any more; it was renamed or deleted at this moment")
        runs.hold(connection, study_id)
        _check_ended(database, study_id, name)
        columns = (_TRIALS.c.trial_id, _TRIALS.c.state, _TRIALS.c.datetime_start)
        query = select(*columns).where(_TRIALS.c.study_id == study_id)
        trials = connection.execute(query.with_for_update()).all()
        for deletion in _deletions(study_id):
            deleted = connection.execute(deletion)
        # The study's own row is the last.
        if deleted.rowcount != 1:
            raise WriteError(f"study: {name!r} is not deleted: the database says that {deleted.rowcount} rows were")
        audit.write(connection, database, "delete", name)
        fitted = connection.scalars(select(ensembles.c.name).where(ensembles.c.study == name)).all()
    return [*trials], list(fitted)


def _deletions(study_id: int) -> Iterator[Delete]:
    """What deletes the rows of a study in all tables that hold some, in an order that no key forbids."""
    own = select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id)
    for tables in (metadata, OPTUNA):
        for table in reversed(tables.sorted_tables):
            if "study_id" in table.c:
                yield delete(table).where(table.c.study_id == study_id)
            elif "trial_id" in table.c:
                yield delete(table).where(table.c.trial_id.in_(own))


def _delete_late_rows(database: Database, study_id: int, trials: Sequence[Any]) -> None:
    """Delete what other processes wrote of a study after its deletion, as SQLite lets plain Optuna do.

    SQLite gives the numbers of deleted rows again: such rows would become part of the next study.

    Args:
        database: where the study was.
        study_id: that it had.
        trials: that it had.
    """
    numbers = {row.trial_id for row in trials if not row.state.is_finished()}
    recent = (row.datetime_start for row in trials if row.datetime_start is not None)
    # Optuna stores local time.
    in_use = numbers or datetime.now() - max(recent, default=datetime.min) < _IN_USE
    begun = quiet = time.monotonic()
    while True:
        try:
            with database.begin() as connection:
                found = delete_orphans(connection, study_id, numbers)
        except SQLAlchemyError as error:
            logger.warning("rows that were written after the deletion of study %d may be left: %s", study_id, error)
            return
        now = time.monotonic()
        quiet = now if found else quiet
        if not in_use or now - quiet > _QUIET_SECONDS or now - begun > _MOST_QUIET_SECONDS:
            return
        time.sleep(_LOOK_SECONDS)
