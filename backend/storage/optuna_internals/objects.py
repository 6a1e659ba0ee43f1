"""What Optuna's studies and trials keep to themselves: their numbers in the database, and the storage they are in."""

from __future__ import annotations

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial


def study_id_of(study: optuna.Study) -> int:
    """The number of a study in its database, which a rename leaves as it is."""
    return study._study_id


def trial_id_of(trial: optuna.Trial | FrozenTrial) -> int:
    """The number of a trial among the trials of all studies in its database."""
    return trial._trial_id


def storage_of(study: optuna.Study) -> BaseStorage:
    """The storage that a study reads and writes through."""
    return study._storage
