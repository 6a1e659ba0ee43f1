"""NAS-Bench-201's truth: what every architecture reached when it was trained, and what it costs."""

from backend.benchmark.datasets import DATASETS, NUM_CLASSES, check_dataset
from backend.benchmark.fields import EPOCHS, TruthField, release, truth_fields
from backend.benchmark.tables import architectures_table, runs_table, test_accuracy
from backend.benchmark.truth import OPTIMA, architecture, query

__all__ = [
    "DATASETS",
    "EPOCHS",
    "NUM_CLASSES",
    "OPTIMA",
    "TruthField",
    "architecture",
    "architectures_table",
    "check_dataset",
    "query",
    "release",
    "runs_table",
    "test_accuracy",
    "truth_fields",
]
