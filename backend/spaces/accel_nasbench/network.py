"""The PyTorch network of an architecture of Accel-NASBench."""

from __future__ import annotations

from torch import nn

from backend.spaces.accel_nasbench.architecture import (
    HEAD_CHANNELS,
    STEM_CHANNELS,
    WIDTHS,
    AccelArchitecture,
)
from backend.spaces.inverted_residual import InvertedResidual, convolution

_DROPOUT = 0.2


def build_network(architecture: AccelArchitecture, num_classes: int, channels: int = 3) -> nn.Sequential:
    """The network of an architecture, with PyTorch's own initialisation.

    Stochastic depth, which the benchmark trained with, has no weights and is left out.

    Args:
        architecture: its blocks.
        num_classes: outputs of the classifier.
        channels: of the images.

    Returns:
        Modules stem, layers (one an inverted residual), head and classifier; images (B, channels, H, W) to logits
        (B, num_classes).
    """
    network = nn.Sequential()
    network.add_module("stem", nn.Sequential(*convolution(channels, STEM_CHANNELS, 3, 2), nn.ReLU()))
    network.add_module("layers", nn.Sequential(*(InvertedResidual(*layer) for layer in architecture.layers())))
    pool = (nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.add_module("head", nn.Sequential(*convolution(WIDTHS[-1], HEAD_CHANNELS, 1), nn.ReLU(), *pool))
    network.add_module("classifier", nn.Sequential(nn.Dropout(_DROPOUT), nn.Linear(HEAD_CHANNELS, num_classes)))
    return network


def build_thin(architecture: AccelArchitecture) -> nn.Sequential:
    """The layers alone with one channel at each end, one module each."""
    expansions = (block.expansion for block in architecture.blocks for _ in range(block.layers))
    return nn.Sequential(
        *(
            InvertedResidual(1, expansion, 1, layer.kernel, layer.stride, min(layer.squeeze, 1))
            for expansion, layer in zip(expansions, architecture.layers(), strict=True)
        )
    )
