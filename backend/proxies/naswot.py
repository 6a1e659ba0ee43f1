"""NASWOT: how well the network's activation patterns tell images apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backend.proxies.determinant import log_determinants
from backend.proxies.registry import register

if TYPE_CHECKING:
    from torch import Tensor

SOURCE = "Mellor et al., Neural Architecture Search without Training, ICML 2021, arXiv 2006.04647v2"


@register(
    title="NASWOT (layers)",
    formula=r"\log \lvert \det \sum_l X_l X_l^\top + (1-X_l)(1-X_l)^\top \rvert",
    source=f"variant in common toolkits of {SOURCE}",
    description="NASWOT on the signs of the outputs of every convolution and linear layer, in train mode.",
    traps=(
        "Not the paper's definition, which counts ReLU units: that is naswot_relu.",
        "A determinant of a matrix as large as the batch: compare scores of equal batch sizes only.",
    ),
    reads=("layer_agreements",),
)
def naswot(layer_agreements: Tensor) -> float:
    """log|det K|, K_ij the number of layer outputs that have the same sign for images i and j.

    Two equal images in the batch make K singular; the score is then −inf, that is, none.

    Args:
        layer_agreements: K of each layer, (L, B, B).

    >>> from torch import tensor
    >>> round(naswot(tensor([[[2.0, 1.0], [1.0, 2.0]]]).double()), 4)
    1.0986
    """
    return float(log_determinants(layer_agreements.sum(0)))


@register(
    title="NASWOT",
    formula=r"\log \lvert \det \sum X X^\top + (1-X)(1-X)^\top \rvert",
    source=SOURCE,
    description="How differently the images switch the ReLU units on and off, each ReLU once, in train mode.",
    traps=(
        "It grows with the number of ReLU units: compare it with params and flops.",
        "A determinant of a matrix as large as the batch: compare scores of equal batch sizes only.",
    ),
    reads=("relu_agreement",),
)
def naswot_relu(relu_agreement: Tensor) -> float:
    """log|det K|, K_ij the number of ReLU units that are on for both of images i and j or off for both.

    Each live ReLU–Conv–BN block has a ReLU of its own, which counts once, also where several blocks read one node.

    Args:
        relu_agreement: K, (B, B).

    >>> from torch import tensor
    >>> round(naswot_relu(tensor([[2.0, 1.0], [1.0, 2.0]]).double()), 4)
    1.0986
    """
    return float(log_determinants(relu_agreement))
