"""Zen-score: sensitivity of the features to the input, with the batch norms' scales put back."""

from __future__ import annotations

from collections.abc import Sequence

from backend.proxies.observations import ZenResponse
from backend.proxies.registry import register


@register(
    title="Zen-score",
    formula=r"\log \mathbb{E} \lVert f(x) - f(x + \alpha \epsilon) \rVert_1 "
    r"+ \sum_{\mathrm{BN}} \log \sqrt{\bar{\sigma}^2}",
    source="Lin et al., Zen-NAS: A Zero-Shot NAS for High-Performance Image Recognition, ICCV 2021, arXiv 2102.01063",
    description="Expressivity of the architecture with Gaussian weights and inputs; the images and the network's own "
    "weights play no part.",
    traps=("It was made for networks of convolutions, not for networks of skips and poolings.",),
    reads=("zen_responses",),
)
def zen(zen_responses: Sequence[ZenResponse]) -> float:
    """Mean over the repeats of log(mean over images of Σ|Δ features|) + Σ over batch norms of log √mean(variance).

    Args:
        zen_responses: the change of the features and the batch norms' variances, one a repeat.

    >>> from torch import tensor
    >>> zen([ZenResponse(tensor(1.0), tensor([1.0, 1.0]))])
    0.0
    """
    import torch

    scores = [change.log() + 0.5 * variances.log().sum() for change, variances in zen_responses]
    return float(torch.stack(scores).mean())
