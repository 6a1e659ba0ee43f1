"""Studies in an Optuna database: open, make, list, read, and the state of their runs."""

from backend.storage.database import Database, default_url, open_database
from backend.studies.catalog import load_study, rename_study, study_config
from backend.studies.deletion import delete_study
from backend.studies.folders import run_folder
from backend.studies.summaries import StudySummary, list_studies
from backend.studies.trials import best_table, best_trials, best_values, trials_frame

__all__ = [
    "Database",
    "StudySummary",
    "best_table",
    "best_trials",
    "best_values",
    "default_url",
    "delete_study",
    "list_studies",
    "load_study",
    "open_database",
    "rename_study",
    "run_folder",
    "study_config",
    "trials_frame",
]
