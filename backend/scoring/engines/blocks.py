"""What the AZ-NAS proxies read of a block: the spectrum of its features, and what goes back through it."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.runtime import to_double

IMAGES = 64
"""Gaussian images, as published; whatever the batch has."""


def spectrum(features: Tensor) -> Tensor:
    """Eigenvalues of the covariance of the channels over images and positions, float64 (C,).

    Args:
        features: (B, C, H, W), or (B, T, C) of tokens.
    """
    rows = _rows(features)
    centred = rows - rows.mean(0)
    eigenvalues: Tensor = torch.linalg.eigvalsh(to_double(centred.T @ centred) / len(rows))
    return eigenvalues


def pullback(at_input: Tensor, at_output: Tensor) -> Tensor:
    """Mean over images and positions of the outer product, float64 (C_in · stride², C_out).

    Args:
        at_input: what the block's Jacobian makes of the cotangent, in the shape of the block's input.
        at_output: the cotangent, in the shape of its output.
    """
    if at_input.dim() == 4 and (stride := at_input.shape[2] // at_output.shape[2]) > 1:
        at_input = functional.pixel_unshuffle(at_input, stride)
    one, other = _rows(at_input), _rows(at_output)
    return to_double(one.T @ other) / len(one)


def _rows(values: Tensor) -> Tensor:
    """One row a position: (B·H·W, C) or (B·T, C)."""
    return values.movedim(1, -1).flatten(0, -2) if values.dim() == 4 else values.flatten(0, -2)
