from .fields import EPOCHS, truth_fields
from .imported import ImportedRelease, imported_releases, imported_table
from .importing.release_import import ImportSummary, import_release
from .lookup import OPTIMA, architecture, field_releases, query, release
from .tables import architectures_table, runs_table, test_accuracy

__all__ = [
    "EPOCHS",
    "OPTIMA",
    "ImportSummary",
    "ImportedRelease",
    "architecture",
    "architectures_table",
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
