"""HW-NAS-Bench: the devices that it measured every cell on, and what it measured."""

from typing import Final, NamedTuple

from backend.benchmark.datasets import check_dataset

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
    return f"hwnb_{_PREFIXES[check_dataset(dataset)]}_{device}_{quantity}"


def described(quantity: str, device: str) -> str:
    """How it was measured, in a sentence or two."""
    words = f"{quantity.capitalize()} of one image on the {DEVICES[device].hardware}, as {HW_NAS_BENCH} has it."
    if device == "edgetpu":
        words += " 4,699 cells do not run there: they have none, and are infeasible where it counts."
    return words
