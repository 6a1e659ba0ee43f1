"""The columns of Optuna's own tables that ProxyScope reads past Optuna's objects, with the types they have there."""

from optuna.study import StudyDirection
from optuna.trial import TrialState
from sqlalchemy import DateTime, Enum, column, table

STUDIES = table("studies", column("study_id"), column("study_name"))

STUDY_DIRECTIONS = table(
    "study_directions", column("study_id"), column("objective"), column("direction", Enum(StudyDirection))
)
STUDY_USER, STUDY_SYSTEM = (
    table(f"study_{kind}_attributes", column("study_id"), column("key"), column("value_json"))
    for kind in ("user", "system")
)

TRIALS = table(
    "trials",
    column("trial_id"),
    column("number"),
    column("study_id"),
    column("state", Enum(TrialState)),
    column("datetime_start", DateTime),
    column("datetime_complete", DateTime),
)
"""PostgreSQL compares a state with values of its own type alone, so that the type has to be said."""
