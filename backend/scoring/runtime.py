"""Where scores are computed, with which random numbers, and in how much memory."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from functools import cache

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


def upload(tensor: Tensor, to: torch.device | Tensor) -> Tensor:
    """A tensor of the CPU on a device; on a GPU without waiting for it, by way of pinned memory.

    Args:
        tensor: on the CPU, or there already.
        to: the device, or a tensor whose device and type it is to have.
    """
    device = to.device if isinstance(to, Tensor) else to
    if device.type != "cuda" or tensor.device.type != "cpu" or tensor.layout is not torch.strided:
        return tensor.to(to)
    # Not `Tensor.pin_memory`, which fails for tensors that are expanded.
    return torch.empty_like(tensor, pin_memory=True).copy_(tensor).to(to, non_blocking=True)


def make_generator(seed: int, purpose: str) -> torch.Generator:
    """A CPU generator; the global one is never touched, so that threads don't disturb each other.

    Args:
        seed: of the score.
        purpose: what the numbers are for, such as "weights"; streams of different purposes are independent.
    """
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)


_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Names of the settings in glibc's malloc.h."""


@cache
def keep_freed_memory() -> None:
    """Tells glibc's allocator to keep what is freed; other platforms' allocators are left alone.

    By default it gives large blocks back to the system after each pass and gets them back as pages to be filled with
    zeros, which takes some percent of the time of an architecture.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, 1 << 30)
        mallopt(_TRIM_THRESHOLD, (1 << 31) - 1)
        mallopt(_TOP_PAD, 1 << 26)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that CPU or GPU had too little memory."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(
        text in str(error) for text in ("can't allocate memory", "out of memory", "bad_alloc")
    )
