"""Where scores are computed."""

import torch
from torch import Tensor

from backend.errors import UserError

DEVICES = ("auto", "cuda", "mps", "cpu")
"""The choices of a device; "auto" takes the first of the others that is there."""


def resolve_device(device: str) -> torch.device:
    """The torch device for a choice; a CUDA device is set to exact, repeatable float32 arithmetic.

    Args:
        device: one of `DEVICES`.

    Raises:
        UserError: another name, or this machine has no such device.
    """
    if device not in DEVICES:
        raise UserError(f"device {device!r}: unknown; valid: {', '.join(DEVICES)}")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    choice = next(name for name, is_there in present.items() if is_there) if device == "auto" else device
    if not present[choice]:
        there = ", ".join(name for name, is_there in present.items() if is_there)
        raise UserError(f"device {device!r}: this machine has none; valid here: auto, {there}")
    if choice == "cuda":
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    return torch.device(choice)


def to_double(tensor: Tensor) -> Tensor:
    """The tensor in float64, on the CPU where its device has no float64 (MPS)."""
    return (tensor.cpu() if tensor.device.type == "mps" else tensor).double()
