"""Where scores are computed."""

import torch
from torch import Tensor

from backend.errors import UserError

DEVICES = ("auto", "cuda", "mps", "cpu")
"""The choices of a device; "auto" takes the first of the others that is there, and "cuda:1" is the second GPU."""


def resolve_device(device: str) -> torch.device:
    """The torch device for a choice; a CUDA device is set to exact, repeatable float32 arithmetic.

    Args:
        device: one of `DEVICES`, or a GPU by its number, such as "cuda:1".

    Raises:
        UserError: another name, or this machine has no such device.
    """
    kind, colon, number = device.partition(":")
    if kind not in DEVICES or (colon and not (kind == "cuda" and number.isascii() and number.isdigit())):
        raise UserError(f"device {device!r}: unknown; valid: {', '.join(DEVICES)}, cuda:0, cuda:1, …")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    choice = next(name for name, is_there in present.items() if is_there) if kind == "auto" else kind
    gpus = torch.cuda.device_count() if present["cuda"] else 0
    if not present[choice] or (colon and int(number) >= gpus):
        there = [name for name, is_there in present.items() if is_there]
        numbered = [f"cuda:{gpu}" for gpu in range(gpus)] if gpus > 1 else []
        raise UserError(
            f"device {device!r}: this machine has none; valid here: {', '.join(['auto', *there, *numbered])}"
        )
    if choice == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    return torch.device(f"{choice}{colon}{number}")


def to_double(tensor: Tensor) -> Tensor:
    """The tensor in float64, on the CPU where its device has no float64 (MPS)."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
