"""NAS-Bench-201's truth by the name that other programs import; it lives in :mod:`backend.truth`."""

from backend.datasets.info import DATASETS, NUM_CLASSES, check_dataset
from backend.truth import *  # noqa: F403
from backend.truth import __all__ as _truth

__all__ = ["DATASETS", "NUM_CLASSES", "check_dataset", *_truth]  # noqa: PLE0604 - ruff does not follow the import
