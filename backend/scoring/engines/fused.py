"""Whether compiled loops take the place of PyTorch's operations, and tensors as they read them.

Most of the time between convolutions goes into reading and writing memory, which loops that do several steps at once do
less often. Where numba is not installed, and on other devices, PyTorch computes the same up to rounding.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    import numpy as np

WIDTH = 512
"""About how many numbers a row has: enough for long inner loops, few enough for the nearest cache."""


@cache
def _module() -> Any:
    """`compiled.py`, or None where numba is not there or told not to compile."""
    try:
        numba = import_module("numba")
    except ImportError:
        return None
    return None if numba.config.DISABLE_JIT else import_module("backend.scoring.engines.compiled")


def loops(*tensors: Tensor) -> Any:
    """The functions of `compiled.py` if they take the tensors, else None.

    Args:
        tensors: one layer's values; they do if these are float32 on the CPU, (B, C, H, W) in the channels-last layout.
    """
    for tensor in tensors:
        if tensor.dtype is not torch.float32 or tensor.device.type != "cpu" or tensor.dim() != 4:
            return None
        if not tensor.is_contiguous(memory_format=torch.channels_last) or tensor.requires_grad or not tensor.numel():
            return None
    return _module()


def rows_of(tensor: Tensor, groups: int) -> np.ndarray[Any, Any]:
    """Values (B, C, H, W) as rows by group of images, (G, M, W'), without copying; W' is a multiple of C."""
    images, channels, height, width = tensor.shape
    columns = channels * _divisor(images // groups * height * width, max(1, WIDTH // channels))
    return tensor.numpy().transpose(0, 2, 3, 1).reshape(groups, -1, columns)


@cache
def _divisor(number: int, most: int) -> int:
    """The largest divisor of a number that is not larger than `most`."""
    return next(divisor for divisor in range(min(number, most), 0, -1) if number % divisor == 0)
