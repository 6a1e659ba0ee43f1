"""The tables that hold a study: Optuna's, by what their rows belong to."""

from typing import Final

from optuna.storages._rdb import models
from sqlalchemy import Column, Table

_OPTUNA: Final[dict[str, Table]] = dict(models.BaseModel.metadata.tables)

STUDIES: Final = _OPTUNA["studies"]
TRIALS: Final = _OPTUNA["trials"]
STUDY_DIRECTIONS: Final = _OPTUNA["study_directions"]
STUDY_USER: Final = _OPTUNA["study_user_attributes"]
STUDY_SYSTEM: Final = _OPTUNA["study_system_attributes"]
STUDY_PARTS: Final = (STUDY_DIRECTIONS, STUDY_USER, STUDY_SYSTEM)
"""Rows of a study."""
TRIAL_USER: Final = _OPTUNA["trial_user_attributes"]
TRIAL_PARTS: Final = (
    _OPTUNA["trial_params"],
    _OPTUNA["trial_values"],
    _OPTUNA["trial_intermediate_values"],
    TRIAL_USER,
    _OPTUNA["trial_system_attributes"],
)
"""Rows of a trial; its heartbeat is left out, as no process has a copied trial in work."""
OPTUNA_TABLES: Final = (STUDIES, TRIALS, *STUDY_PARTS, *TRIAL_PARTS)


def own_id(table: Table) -> "Column[int]":
    """The column that numbers a table's rows, anew in each database."""
    (column,) = table.primary_key.columns
    return column
