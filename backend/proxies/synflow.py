"""SynFlow: synaptic flow, and its logarithm."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor

SOURCE = (
    "Tanaka et al., Pruning neural networks without any data by iteratively conserving synaptic flow, NeurIPS 2020, "
)
SOURCE += "arXiv 2006.05467"
_TRAPS = (
    "It sees neither images nor labels: a data set enters by the images' size and the number of classes alone.",
    "It grows with the depth of the network and the number of its weights: compare it with params.",
)


@register(
    title="SynFlow",
    formula=r"\sum \lvert w \odot \tfrac{\partial R}{\partial w} \rvert",
    source=SOURCE,
    description="Total flow from an image of ones to the logits, with absolute weights and without batch norms.",
    traps=(
        "Values span some forty orders of magnitude, up to 1e50: use log_synflow in sums and charts.",
        *_TRAPS,
    ),
    skewed=True,
    reads=("synaptic_flows", "flow_scale"),
)
def synflow(synaptic_flows: Sequence[Tensor], flow_scale: float = 0.0) -> float:
    """Σ |w ⊙ ∂R/∂w| over all weights, R the sum of the logits; infinite where float64 cannot hold it.

    Args:
        synaptic_flows: |w ⊙ ∂R/∂w| of each layer, float64.
        flow_scale: natural logarithm of what these are to be multiplied by.

    >>> from torch import tensor
    >>> synflow([tensor([1.0, 2.0]), tensor([4.0])])
    7.0
    """
    import torch

    total = float(torch.stack([flow.sum() for flow in synaptic_flows]).sum())
    if not flow_scale:
        return total
    logarithm = math.log(total) + flow_scale
    return math.exp(logarithm) if logarithm < math.log(sys.float_info.max) else math.inf


@register(
    title="log SynFlow",
    formula=r"\log \sum \lvert w \odot \tfrac{\partial R}{\partial w} \rvert",
    source=SOURCE,
    description="Natural logarithm of SynFlow: the same order on a scale that can be drawn and added.",
    traps=_TRAPS,
    reads=("synaptic_flows", "flow_scale"),
)
def log_synflow(synaptic_flows: Sequence[Tensor], flow_scale: float = 0.0) -> float:
    """Natural logarithm of `synflow`, which is finite where that is not.

    Args:
        synaptic_flows: |w ⊙ ∂R/∂w| of each layer, float64.
        flow_scale: natural logarithm of what these are to be multiplied by.

    >>> from torch import tensor
    >>> round(log_synflow([tensor([1.0, 2.0]), tensor([4.0])]), 4)
    1.9459
    """
    return math.log(synflow(synaptic_flows)) + flow_scale
