"""What a proxy may read: quantities of one network on one mini-batch, by name.

A proxy names the observations that it reads; the scoring engine works out which passes through the network yield them
and runs each pass once for all proxies. Layers are always the live convolutions and the classifier, from input to
output ("the L layers"); B is the number of images. Network, images and labels are the reader's own copies; all else is
shared and must not be changed.

Of a network that no space describes, the layers are its weights of two dimensions or more that the outputs depend on;
one that multiplies nothing, such as a position's code, has no outputs of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Observation:
    """One quantity that proxies may read.

    Attributes:
        description: what it is, with its type and shape.
        needs_labels: whether it depends on the images' labels.
        min_images: images that it needs at least.
        requires: what a network must have, keys of `REQUIREMENTS`.
    """

    description: str
    needs_labels: bool = False
    min_images: int = 1
    requires: tuple[str, ...] = ()


class Requirement(NamedTuple):
    """What a network must have, so that an observation can be made of it.

    Attributes:
        words: what it needs, in a list.
        lacking: what to say of a network that does not have it.
    """

    words: str
    lacking: str


REQUIREMENTS: dict[str, Requirement] = {
    "architecture": Requirement("an architecture of a search space", "the network is none of a search space"),
    "relus": Requirement("ReLUs", "the network has none"),
    "layer outputs": Requirement(
        "the outputs of each layer", "a recurrent layer of the network keeps those of its matrices to itself"
    ),
    "float inputs": Requirement("inputs of floating point", "the network takes whole numbers, such as tokens"),
    "convolutions": Requirement("convolutions", "the network has none"),
    "batch norms": Requirement("batch norms", "the network has none"),
    "feature maps": Requirement(
        "feature maps before a global pooling", "the network never pools or flattens feature maps"
    ),
    "blocks": Requirement("the blocks of the network", "nothing says what these are"),
    "thin copy": Requirement("a thin copy of the network", "only a search space can give one, and this does not"),
}
"""By name, what an engine may have to find missing in a network."""


class ZenResponse(NamedTuple):
    """The answer of one Gaussian network to a small change of Gaussian images.

    Attributes:
        change: Σ|Δ features before global pooling|, averaged over the images; a scalar tensor.
        variances: for each batch norm the mean over its channels of the batch variance; (norms,).
    """

    change: Tensor
    variances: Tensor


OBSERVATIONS: dict[str, Observation] = {
    "network": Observation("nn.Module: the network, in train mode"),
    "images": Observation("Tensor: the batch as the network takes it, such as float32 (B, 3, H, W) normalised images"),
    "labels": Observation("Tensor int64 (B,): their classes", needs_labels=True),
    "architecture": Observation(
        "Architecture: the literal architecture, as its space writes it", requires=("architecture",)
    ),
    "size": Observation("Size: parameters and multiply-accumulates of the literal network"),
    "weights": Observation("tuple of L Tensors: the layers' weights"),
    "normalised": Observation(
        "tuple of L bools: whether a batch norm is known to follow the layer at once, so that its scale changes "
        "nothing; False for networks that no space describes, of which nothing is left out"
    ),
    "gradients": Observation(
        "tuple of L Tensors: gradients of the mean cross-entropy at the weights", needs_labels=True
    ),
    "saliencies": Observation(
        "tuple of L Tensors (B, C_out): sum over positions of a ⊙ ∂loss/∂a, a the layer's output before its batch norm",
        needs_labels=True,
        requires=("layer outputs",),
    ),
    "input_gradients": Observation(
        "Tensor float64 (B, 3·H·W): gradients of the sum of all logits at the images",
        min_images=2,
        requires=("float inputs",),
    ),
    "relu_agreement": Observation(
        "Tensor float64 (B, B): for each two images, in how many ReLU units both are on or both off; every live "
        "ReLU–Conv–BN block has its own ReLU",
        min_images=2,
        requires=("relus",),
    ),
    "layer_agreements": Observation(
        "Tensor float64 (L, B, B): the same of the signs of each layer's outputs",
        min_images=2,
        requires=("layer outputs",),
    ),
    "half_gradients": Observation(
        "two tuples of L Tensors: gradients on the first and the second half of the batch, each with its own batch "
        "statistics",
        needs_labels=True,
        min_images=2,
    ),
    "bare_curvature": Observation(
        "float: Σ w ⊙ (Hg) over the layers that no batch norm follows; H the Hessian of the loss, g its gradient at "
        "all weights",
        needs_labels=True,
    ),
    "synaptic_flows": Observation(
        "tuple of L Tensors float64: |w ⊙ ∂R/∂w|, R the sum of logits for an image of ones, absolute weights and no "
        "batch norms",
        requires=("float inputs",),
    ),
    "flow_scale": Observation(
        "float: natural logarithm of what synaptic_flows are to be multiplied by; 0 unless float64 cannot hold them",
        requires=("float inputs",),
    ),
    "zen_responses": Observation(
        "tuple of ZenResponses: one a repeat",
        requires=("float inputs", "convolutions", "batch norms", "feature maps"),
    ),
    "block_spectra": Observation(
        "tuple of Tensors float64 (C,): eigenvalues of the covariance of the channels, over images and positions, "
        "after the stem and after each block of a Gaussian network on Gaussian images",
        requires=("blocks",),
    ),
    "block_pullbacks": Observation(
        "tuple of Tensors float64 (C_in · stride², C_out): of each of these blocks the mean outer product of a random "
        "cotangent of ±1 with what the block's Jacobian makes of it; a stride unfolds into channels",
        requires=("blocks",),
    ),
    "tangent_kernel": Observation(
        "Tensor float64 (b, b): inner products of the gradients, at all weights, of the images' summed logits; over "
        "the first images of the batch, 16 at most",
        min_images=2,
    ),
    "region_patterns": Observation(
        "Tensor bool (3000, units): which ReLU units of a thin copy of the network are on, for each of 3000 inputs",
        requires=("thin copy",),
    ),
}
