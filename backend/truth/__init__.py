"""NAS-Bench-201's truth: what every architecture reached when it was trained, and what it costs."""

from backend.datasets.info import DATASETS, NUM_CLASSES, check_dataset
from backend.truth.fields import EPOCHS, TruthField, truth_fields
from backend.truth.imported import ImportedRelease, imported_releases, imported_table
from backend.truth.importing.release_import import ImportSummary, import_release
from backend.truth.query import OPTIMA, architecture, field_releases, query, release
from backend.truth.tables import architectures_table, runs_table, test_accuracy

__all__ = [
    "DATASETS",
    "EPOCHS",
    "NUM_CLASSES",
    "OPTIMA",
    "ImportSummary",
    "ImportedRelease",
    "TruthField",
    "architecture",
    "architectures_table",
    "check_dataset",
    "field_releases",
    "import_release",
    "imported_releases",
    "imported_table",
    "query",
    "release",
    "runs_table",
    "test_accuracy",
    "truth_fields",
]
