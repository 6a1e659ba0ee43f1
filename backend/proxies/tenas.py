"""TE-NAS: trainability and expressivity in one number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from backend.proxies.linear_regions import linear_regions
from backend.proxies.ntk_cond import ntk_cond
from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="TE-NAS",
    formula=r"-\log \kappa + \log R",
    source="Chen et al., TE-NAS, ICLR 2021, arXiv 2102.11535, section 3.3",
    description="NTK condition number and linear regions together.",
    traps=(
        "The paper adds ranks among the architectures at hand; a single architecture gets the sum of the logarithms "
        "instead.",
        "It has the traps of ntk_cond and of linear_regions.",
    ),
    reads=("tangent_kernel", "region_patterns"),
)
def tenas(tangent_kernel: Tensor, region_patterns: Tensor) -> float:
    """−log κ + log(number of regions).

    The paper's rule (rank of −κ plus rank of regions) needs a set of architectures, but a search needs a number at
    once. Adding the raw values would leave κ alone, which is larger by orders of magnitude.

    Args:
        tangent_kernel: as for `ntk_cond`.
        region_patterns: as for `linear_regions`.

    >>> from torch import tensor
    >>> round(tenas(tensor([[4.0, 0.0], [0.0, 2.0]]), tensor([[True], [False], [True], [True]])), 4)
    0.0
    """
    return math.log(linear_regions(region_patterns)) - math.log(ntk_cond(tangent_kernel))
