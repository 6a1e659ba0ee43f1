"""The four datasets on which NAS-Bench-201 trained every architecture."""

from typing import Final

from backend.errors import UserError

DATASETS: Final = ("cifar10", "cifar10-valid", "cifar100", "ImageNet16-120")

NUM_CLASSES: Final[dict[str, int]] = {"cifar10": 10, "cifar10-valid": 10, "cifar100": 100, "ImageNet16-120": 120}


def check_dataset(dataset: str) -> str:
    """Return the dataset's name if there is such a dataset.

    Raises:
        UserError: there is none of that name.
    """
    if dataset not in NUM_CLASSES:
        raise UserError(f"dataset {dataset!r} is unknown; valid are {', '.join(DATASETS)}")
    return dataset
