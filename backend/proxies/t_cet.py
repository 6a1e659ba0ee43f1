"""T-CET: trainability (synaptic flow) weighted by expressivity (activation patterns), layer by layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.determinant import log_determinants
from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor


@register(
    title="T-CET",
    formula=r"\sum_l \log \lvert \det K_l \rvert \cdot \tfrac{\sum s_l}{\operatorname{std}(s_l)}",
    source="Xiang et al., Zero-Shot Neural Architecture Search with Trainability, Compressibility and Expressivity, "
    "AutoML 2023, OpenReview y7rbX884LZrX",
    description="NASWOT of each layer (with batch norms) times the signal-to-noise ratio of its SynFlow scores "
    "(without).",
    traps=(
        "A layer with fewer independent outputs than images, as the classifier of ten classes, adds nothing.",
        "Among networks without unused branches it orders almost as params does: compare it with params.",
    ),
    reads=("layer_agreements", "synaptic_flows", "flow_scale"),
)
def t_cet(layer_agreements: Tensor, synaptic_flows: Sequence[Tensor], flow_scale: float = 0.0) -> float:
    """Σ_l log|det K_l| · Σ s_l / std(s_l); unbiased std, and Σ s_l alone where it is 0.

    K_l holds counts, so |det K_l| is 0 or at least 1. A singular K_l, which is sure when a layer has fewer outputs than
    there are images, counts as log 1 = 0 rather than −∞, which would be the score of every network.

    Args:
        layer_agreements: K_l of each layer, (L, B, B).
        synaptic_flows: s_l of each layer, float64.
        flow_scale: natural logarithm of what these are to be multiplied by.

    >>> from torch import tensor
    >>> round(t_cet(tensor([[[2.0, 1.0], [1.0, 2.0]]]).double(), [tensor([1.0, 3.0])]), 4)
    3.1073
    """
    expressivities = log_determinants(layer_agreements).clamp(min=0).tolist()
    score = 0.0
    for expressivity, flow in zip(expressivities, synaptic_flows, strict=True):
        spread = float(flow.std()) if flow.numel() > 1 else 0.0
        score += expressivity * float(flow.sum()) / (spread or math.exp(-flow_scale))
    return score
