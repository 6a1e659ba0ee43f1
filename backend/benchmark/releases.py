"""The official releases that training results come from."""

from typing import Final

from backend.errors import UserError

NAS_BENCH_201_V1_0: Final = "NAS-Bench-201-v1_0-e61699"
NAS_BENCH_201: Final = "NAS-Bench-201-v1_1-096897"
NATS_BENCH: Final = "NATS-Bench tss v1_0"

TABLE_NAMES: Final = {
    NATS_BENCH: "NATS-tss-v1_0-3ffb9",
    NAS_BENCH_201: NAS_BENCH_201,
    NAS_BENCH_201_V1_0: NAS_BENCH_201_V1_0,
}
"""The table that a release is imported into, without its ending."""


def find_release(text: str) -> str:
    """The release whose name has a text in it, in capitals or not.

    Raises:
        UserError: none, or more than one.
    """
    found = [name for name in TABLE_NAMES if text.lower() in name.lower()]
    if len(found) != 1:
        problem = "names more than one" if found and text else "is unknown"
        raise UserError(f"release {text!r} {problem}; releases are {', '.join(TABLE_NAMES)}")
    return found[0]


def bundled_release(dataset: str, epochs: int, field: str) -> str:
    """The release that the bundled table takes a field from.

    The releases differ where the older one has fewer than three seeds, by up to 2.2 points of accuracy.
    """
    nats = epochs == 200 and (dataset == "cifar10-valid" or field == "test-accuracy")
    return NATS_BENCH if nats else NAS_BENCH_201
