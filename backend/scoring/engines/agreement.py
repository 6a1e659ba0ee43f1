"""How many units two images switch alike."""

from __future__ import annotations

import torch
from torch import Tensor


def agreement(values: Tensor) -> Tensor:
    """K = X Xᵀ + (1 − X)(1 − X)ᵀ for the codes X = [values > 0]; (B, B), counts that float32 holds exactly.

    Since each row has n units, K_ij = n − r_i − r_j + 2 (X Xᵀ)_ij with the row sums r on the diagonal of X Xᵀ: one
    product of zeros and ones does.

    Args:
        values: one row an image, (B, ...); at most 2²⁴ units.
    """
    if values.dim() == 4:
        values = values.permute(0, 2, 3, 1)  # a view without copying in the channels-last layout
    rows = values.detach().reshape(len(values), -1)
    codes = torch.empty(rows.shape, dtype=torch.float32, device=rows.device)
    torch.gt(rows, 0, out=codes)
    both = codes @ codes.T
    sums = both.diagonal()
    return codes.shape[1] - sums[:, None] - sums[None, :] + 2 * both
