"""Number of linear regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="Linear regions",
    formula=r"\lvert \{ \operatorname{sign}(\mathrm{ReLU\ inputs}(x)) \} \rvert",
    source="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535, eq. 4–5",
    description="Distinct activation patterns among 3000 random inputs, 3×3 pixels large, in a thin copy of the "
    "network: one channel, one block a stage, no stem.",
    traps=(
        "It ends at the 3000 inputs, and most networks come close to that: small differences say little.",
        "A network without convolutions has few ReLU units, so few regions.",
    ),
    reads=("region_patterns",),
)
def linear_regions(region_patterns: Tensor) -> float:
    """Number of distinct rows.

    Args:
        region_patterns: which ReLU units are on for each input, (inputs, units), bool.

    >>> from torch import tensor
    >>> linear_regions(tensor([[True, False], [True, False], [False, False]]))
    2.0
    """
    import torch

    # Without a ReLU there is one region; PyTorch refuses rows of nothing.
    return float(len(torch.unique(region_patterns, dim=0))) if region_patterns.shape[1] else 1.0
