"""The PyTorch network of an architecture of NAS-Bench-Macro."""

from __future__ import annotations

from torch import nn

from backend.spaces.inverted_residual import InvertedResidual, convolution
from backend.spaces.nas_bench_macro.architecture import (
    FIRST_LAYERS,
    HEAD_CHANNELS,
    STEM_CHANNELS,
    Block,
    MacroArchitecture,
)


def build_network(architecture: MacroArchitecture, num_classes: int, image_channels: int = 3) -> nn.Sequential:
    """The network of a literal architecture, with PyTorch's own initialisation, as the benchmark trained it.

    Args:
        architecture: its layers.
        num_classes: outputs of the classifier.
        image_channels: channels of the images.

    Returns:
        Modules stem, layers (one a layer of the code), head and classifier; images (B, channels, H, W) to logits
        (B, num_classes).
    """
    layers = build_layers(architecture, STEM_CHANNELS)
    channels = STEM_CHANNELS * 2 ** len(FIRST_LAYERS)
    network = nn.Sequential()
    network.add_module("stem", nn.Sequential(*convolution(image_channels, STEM_CHANNELS, 3), nn.ReLU()))
    network.add_module("layers", layers)
    head = nn.Sequential(*convolution(channels, HEAD_CHANNELS, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    network.add_module("head", head)
    network.add_module("classifier", nn.Linear(HEAD_CHANNELS, num_classes))
    return network


def build_layers(architecture: MacroArchitecture, channels: int) -> nn.Sequential:
    """The layers between stem and head, one module each.

    Args:
        architecture: its layers.
        channels: of what comes in; each stage doubles them.
    """
    layers: list[nn.Module] = []
    for position, block in enumerate(architecture.blocks):
        is_first = position in FIRST_LAYERS
        layers.append(_layer(channels, block, is_first=is_first))
        channels *= 2 if is_first else 1
    return nn.Sequential(*layers)


def _layer(channels: int, block: Block, *, is_first: bool) -> nn.Module:
    channels_out, stride = (2 * channels, 2) if is_first else (channels, 1)
    if block.expansion:
        return InvertedResidual(channels, channels * block.expansion, channels_out, block.kernel, stride)
    return nn.Sequential(*convolution(channels, channels_out, 1, stride)) if is_first else nn.Identity()
