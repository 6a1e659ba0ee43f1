"""How many units two images switch alike."""

from __future__ import annotations

import torch
from torch import Tensor

from backend.scoring.engines import fused


def agreement(values: Tensor) -> Tensor:
    """K = X Xᵀ + (1 − X)(1 − X)ᵀ for the codes X = [values > 0]; (B, B), counts that float32 holds exactly.

    On the CPU the codes are bits, and K_ij is the number of units less that of the bits in which i and j differ.
    Elsewhere, since each row has n units, K_ij = n − r_i − r_j + 2 (X Xᵀ)_ij with the row sums r on the diagonal of
    X Xᵀ: one product of zeros and ones does.

    Args:
        values: one row an image, (B, ...); at most 2²⁴ units.
    """
    if values.dim() == 4:
        values = values.permute(0, 2, 3, 1)  # a view without copying in the channels-last layout
    rows = values.detach().reshape(len(values), -1)
    if loops := fused.loops(rows[:, :, None, None]):
        words = torch.empty((len(rows), -(-rows.shape[1] // 64)), dtype=torch.uint64).numpy()
        loops.sign_words(rows.numpy(), words)
        counts = torch.empty((len(rows), len(rows)))
        loops.differing_bits(words, counts.numpy())
        return counts.neg_().add_(rows.shape[1])
    codes = torch.empty(rows.shape, dtype=torch.float32, device=rows.device)
    torch.gt(rows, 0, out=codes)
    both = codes @ codes.T
    sums = both.diagonal()
    return codes.shape[1] - sums[:, None] - sums[None, :] + 2 * both
