"""Rows of trials whose study is gone: SQLite lets plain Optuna write them, since it checks no foreign keys there."""

from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import Connection, Table, delete, select

from backend.storage.optuna_internals.declared_tables import OPTUNA

_STUDIES: Final[Table] = OPTUNA.tables["studies"]
_TRIALS: Final[Table] = OPTUNA.tables["trials"]


def delete_orphans(connection: Connection, study_id: int, trials: set[int]) -> bool:
    """Delete the trials of a study that is not there, with all of their rows; whether there was any row.

    Args:
        connection: in a transaction.
        study_id: of the study.
        trials: ids of trials of it that were deleted and may get rows later; those deleted here are added.
    """
    studies = select(_STUDIES.c.study_id)
    renewed = connection.execute(studies.where(_STUDIES.c.study_id == study_id)).first() is not None
    # Where another study has got the number, the trials are that one's.
    numbers = [] if renewed else _trials_of(connection, study_id)
    trials.update(numbers)
    return _delete(connection, numbers, trials) > 0


def clear_trials(connection: Connection, study_id: int) -> None:
    """Delete the trials that stand under the number of a study that was made just now, and has none of its own."""
    _delete(connection, _trials_of(connection, study_id), ())


def _trials_of(connection: Connection, study_id: int) -> list[int]:
    return list(connection.scalars(select(_TRIALS.c.trial_id).where(_TRIALS.c.study_id == study_id)))


def _delete(connection: Connection, numbers: Sequence[int], gone: Collection[int]) -> int:
    """Delete trials with their rows, and rows of trials that may be gone; returns how many rows."""
    deleted = 0
    for table in OPTUNA.sorted_tables:
        if "trial_id" in table.c and table is not _TRIALS:
            late = table.c.trial_id.in_(gone) & table.c.trial_id.not_in(select(_TRIALS.c.trial_id))
            deleted += connection.execute(delete(table).where(table.c.trial_id.in_(numbers) | late)).rowcount
    return deleted + connection.execute(delete(_TRIALS).where(_TRIALS.c.trial_id.in_(numbers))).rowcount
