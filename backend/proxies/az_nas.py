"""AZ-NAS: three looks at a Gaussian network, block by block, from one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor

_SOURCE = "Lee & Ham, AZ-NAS: Assembling Zero-Cost Proxies for Network Architecture Search, CVPR 2024, arXiv 2403.19232"
_GAUSSIAN = "Images are Gaussian and weights Kaiming-normal: data set and initial weights play no part."


@register(
    title="AZ expressivity",
    formula=r"\sum_b H_b, \quad H_b = -\sum_i p_i \log p_i, \quad p = \lambda^{(b)} / \lVert \lambda^{(b)} \rVert_1",
    source=_SOURCE,
    description="How evenly the features after the stem and after each block spread over their principal components.",
    traps=(
        _GAUSSIAN,
        "The authors add its rank to those of progressivity, trainability and FLOPs; alone it says less.",
    ),
    reads=("block_spectra",),
)
def az_expressivity(block_spectra: Sequence[Tensor]) -> float:
    """Sum over the stem and the blocks of the entropy (nats) of the normalised eigenvalues of the features' covariance.

    Args:
        block_spectra: these eigenvalues, (C,) each.

    >>> from torch import tensor
    >>> round(az_expressivity([tensor([1.0, 1.0]).double()]), 4)
    0.6931
    """
    return float(_entropies(block_spectra).sum())


@register(
    title="AZ progressivity",
    formula=r"\min_b (H_b - H_{b-1})",
    source=_SOURCE,
    description="The smallest step of the entropies of AZ expressivity from one block to the next.",
    traps=(_GAUSSIAN, "A minimum over blocks: one block decides it, and it is 0 for blocks that change nothing."),
    reads=("block_spectra",),
)
def az_progressivity(block_spectra: Sequence[Tensor]) -> float:
    """The smallest increase (nats) of the entropy from the stem to the first block and from block to block.

    Args:
        block_spectra: as for `az_expressivity`.

    >>> from torch import tensor
    >>> round(az_progressivity([tensor([1.0, 0.0]).double(), tensor([1.0, 1.0]).double()]), 4)
    0.6931
    """
    return float(_entropies(block_spectra).diff().min())


@register(
    title="AZ trainability",
    formula=r"\frac{1}{|b|} \sum_b \left( 2 - \sigma_b - \frac{1}{\sigma_b} \right)",
    source=_SOURCE,
    description="Whether gradients keep their size on the way back through each block.",
    traps=(
        _GAUSSIAN,
        "A block that is one skip connection keeps gradients exactly and scores high. The authors' code puts "
        "such blocks last by hand: on NAS-Bench-201 those are 400, and the sum of log ranks with the other two and "
        "FLOPs has a Spearman correlation of 0.90 with accuracy on CIFAR-10 where they are last, 0.85 where not.",
    ),
    reads=("block_pullbacks",),
)
def az_trainability(block_pullbacks: Sequence[Tensor]) -> float:
    """Mean over the blocks of 2 − σ − 1/σ, at most 0; σ is the largest singular value of the block's backward map.

    The map is estimated from one random cotangent g of ±1 at the block's output and what the block makes of it at its
    input: the mean over images and positions of their outer product.

    Args:
        block_pullbacks: the estimates, (C_in · stride², C_out) each.

    >>> from torch import tensor
    >>> az_trainability([tensor([[2.0]]).double()])
    -0.5
    """
    import torch

    sigma = torch.stack([torch.linalg.matrix_norm(matrix, 2) for matrix in block_pullbacks])
    return float((2 - sigma - 1 / sigma).mean())


def _entropies(spectra: Sequence[Tensor]) -> Tensor:
    """Entropy of each spectrum, normalised to a sum of 1; eigenvalues that rounding made negative count as 0."""
    import torch

    shares = [spectrum.clamp(min=0) / spectrum.clamp(min=0).sum() for spectrum in spectra]
    return torch.stack([-torch.special.xlogy(share, share).sum() for share in shares])
