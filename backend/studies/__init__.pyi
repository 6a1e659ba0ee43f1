from .catalog import has_intermediate_values, load_study, rename_study, study_config
from .deletion import delete_study
from .folders import run_folder
from .summaries import StudySummary, list_studies
from .trials import best_table, best_trials, best_values, trials_frame

__all__ = [
    "StudySummary",
    "best_table",
    "best_trials",
    "best_values",
    "delete_study",
    "has_intermediate_values",
    "list_studies",
    "load_study",
    "rename_study",
    "run_folder",
    "study_config",
    "trials_frame",
]
