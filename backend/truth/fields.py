"""What the benchmark measured: the official fields of a training result, and the devices of HW-NAS-Bench."""

from __future__ import annotations

from itertools import product
from typing import Final, NamedTuple

from backend.datasets.info import check_dataset
from backend.errors import UserError
from backend.spaces.nas_bench_201.options import TRAINED_ON, NasBench201Section
from backend.spaces.truth_tasks import Direction, TruthField

EPOCHS = NasBench201Section.trained_epochs

# Which images a split of the official API means, per dataset; a dataset has only the splits named here.
_SPLITS = {
    "cifar10": {
        "train": "all 50,000 training images of CIFAR-10",
        "test": "the 10,000 test images of CIFAR-10",
    },
    "cifar10-valid": {
        "train": "25,000 of the training images of CIFAR-10",
        "valid": "the other 25,000 training images of CIFAR-10",
        "test": "the 10,000 test images of CIFAR-10",
    },
    "cifar100": {
        "train": "the 50,000 training images of CIFAR-100",
        "valid": "5,000 of the test images of CIFAR-100",
        "test": "the other 5,000 test images of CIFAR-100",
        "valtest": "all 10,000 test images of CIFAR-100",
    },
    "ImageNet16-120": {
        "train": "the 151,700 training images of ImageNet16-120",
        "valid": "3,000 of the validation images of ImageNet16-120",
        "test": "the other 3,000 validation images of ImageNet16-120",
        "valtest": "all 6,000 validation images of ImageNet16-120",
    },
}
_SPLIT_LABELS = {"train": "Training", "valid": "Validation", "test": "Test", "valtest": "Validation + test"}
_QUANTITIES = {
    "loss": ("loss", "nats"),
    "accuracy": ("accuracy", "%"),
    "per-time": ("time per epoch", "s"),
    "all-time": ("time, all epochs", "s"),
}


def truth_fields(dataset: str) -> tuple[TruthField, ...]:
    """The fields that the official API gives for a dataset, in its order.

    Raises:
        UserError: unknown dataset, or one that the benchmark has not.
    """
    return tuple(
        TruthField(f"{split}-{quantity}", f"{_SPLIT_LABELS[split]} {label}", unit, images, _better(quantity))
        for (split, images), (quantity, (label, unit)) in product(
            _SPLITS[check_trained(dataset)].items(), _QUANTITIES.items()
        )
    )


def _better(quantity: str) -> Direction:
    return "maximize" if quantity == "accuracy" else "minimize"


def check_trained(dataset: str) -> str:
    """Return the dataset's name if the benchmark trained on it.

    Raises:
        UserError: it did not.
    """
    if check_dataset(dataset) not in TRAINED_ON:
        raise UserError(f"dataset {dataset!r} is not in the benchmark; valid are {', '.join(TRAINED_ON)}")
    return dataset


def check_epochs(epochs: int) -> int:
    """Return the number of epochs if the benchmark trained for that many.

    Raises:
        UserError: it did not.
    """
    if epochs not in EPOCHS:
        raise UserError(f"epochs {epochs!r} is not in the benchmark; valid are {' and '.join(map(str, EPOCHS))}")
    return epochs


HW_NAS_BENCH: Final = "HW-NAS-Bench"


class Device(NamedTuple):
    """A device.

    Attributes:
        title: a heading for people, such as "Edge GPU".
        hardware: what it is, for a sentence.
    """

    title: str
    hardware: str


DEVICES: Final = {
    "edgegpu": Device("Edge GPU", "edge GPU (Jetson TX2)"),
    "raspi4": Device("Raspberry Pi 4", "Raspberry Pi 4"),
    "edgetpu": Device("Edge TPU", "Edge TPU"),
    "pixel3": Device("Pixel 3", "Pixel 3"),
    "eyeriss": Device("Eyeriss", "ASIC (Eyeriss)"),
    "fpga": Device("FPGA", "FPGA (ZC706)"),
}
"""The devices by the names in its columns."""

UNITS: Final = {"latency": "ms", "energy": "mJ"}

MEASURED: Final = tuple(
    (quantity, device)
    for quantity, devices in (("latency", tuple(DEVICES)), ("energy", ("edgegpu", "eyeriss", "fpga")))
    for device in devices
)
"""What is known of which device: ``(quantity, device)`` each."""

_PREFIXES: Final = {"cifar10": "c10", "cifar10-valid": "c10", "cifar100": "c100", "ImageNet16-120": "in16"}


def column(quantity: str, device: str, dataset: str) -> str:
    """The column of the architectures' table; cifar10-valid has that of cifar10.

    Raises:
        UserError: unknown dataset.
    """
    return f"hwnb_{_PREFIXES[check_trained(dataset)]}_{device}_{quantity}"


def described(quantity: str, device: str) -> str:
    """How it was measured, in a sentence or two."""
    words = f"{quantity.capitalize()} of one image on the {DEVICES[device].hardware}, as {HW_NAS_BENCH} has it."
    if device == "edgetpu":
        words += " 4,699 cells do not run there: they have none, and are infeasible where it counts."
    return words
