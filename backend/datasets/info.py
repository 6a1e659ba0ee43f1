"""The data sets whose images networks are scored on; `backend.truth` knows on which of them they were trained."""

from typing import Final

from backend.errors import UserError

NUM_CLASSES: Final[dict[str, int]] = {"cifar10": 10, "cifar10-valid": 10, "cifar100": 100, "ImageNet16-120": 120}

DATASETS: Final = tuple(NUM_CLASSES)


def check_dataset(dataset: str) -> str:
    """Return the dataset's name if there is such a dataset.

    Raises:
        UserError: there is none of that name.
    """
    if dataset not in NUM_CLASSES:
        raise UserError(f"dataset {dataset!r} is unknown; valid are {', '.join(DATASETS)}")
    return dataset
