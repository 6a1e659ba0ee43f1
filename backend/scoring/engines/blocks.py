"""What the AZ-NAS proxies read of a block: the spectrum of its features, and what goes back through it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from backend.scoring.runtime import to_double

IMAGES = 64
"""Gaussian images, as published; whatever the batch has."""


def covariance(features: Tensor) -> Tensor:
    """Of the channels over images and positions, float64 (C, C).

    Args:
        features: (B, C, H, W), or (B, T, C) of tokens.
    """
    rows = _rows(features)
    centred = rows - rows.mean(0)
    return to_double(centred.T @ centred) / len(rows)


def spectra(covariances: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """The eigenvalues of each, float64 (C,); a GPU is waited for once a size, not once a matrix.

    Args:
        covariances: (C, C) each.
    """
    found: dict[int, Tensor] = {}
    for size in {len(matrix) for matrix in covariances}:
        numbers = [number for number, matrix in enumerate(covariances) if len(matrix) == size]
        values = torch.linalg.eigvalsh(torch.stack([covariances[number] for number in numbers]))
        found |= dict(zip(numbers, values, strict=True))
    return tuple(found[number] for number in range(len(covariances)))


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
